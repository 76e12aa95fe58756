// One line of a pool's `servers`: an address, a weight, and the ring name.

import { checkArguments } from './checked-arguments';
import { type NutcrackerServerProps } from './nutcracker-server-props';
import { checkServer } from './server-line';

/** nutcracker omits this port from a ring name, as libmemcached did. */
const PORT_OMITTED_FROM_RING_NAME = 11211;

/** A server of a pool. */
export class NutcrackerServer {
  /** `host:port`, or the path of a Unix socket. */
  readonly address: string;
  /** Its share of the pool, relative to the other weights. */
  readonly weight: number;
  /** The explicit name, if the line has one. */
  readonly name?: string;
  /** The line of the file it was read from, counted from 1. */
  readonly line?: number;

  /** Throws for a server that nutcracker would refuse, or could never reach. */
  constructor(props: NutcrackerServerProps) {
    checkArguments('new NutcrackerServer', props);
    checkServer(props);
    this.address = props.address;
    this.weight = props.weight ?? 1;
    this.name = props.name;
    this.line = props.line;
  }

  /**
   * The name that is hashed: the explicit one, or the address without the port 11211. A Unix socket without a name
   * keeps the colon after its path (conf_add_server in nutcracker's src/nc_conf.c).
   */
  get ringName(): string {
    if (this.name !== undefined) return this.name;
    if (this.address.startsWith('/')) return `${this.address}:`;
    const colon = this.address.lastIndexOf(':');
    const port = Number(this.address.slice(colon + 1));
    return port === PORT_OMITTED_FROM_RING_NAME ? this.address.slice(0, colon) : this.address;
  }

  /** The line in the configuration: `address:weight`, and a space and the name if there is one. */
  toString(): string {
    const target = `${this.address}:${this.weight}`;
    return this.name === undefined ? target : `${target} ${this.name}`;
  }

  /** The same place on the ring at another address: the old ring name becomes the explicit name. */
  movedTo(address: string): NutcrackerServer {
    return new NutcrackerServer({ address, weight: this.weight, name: this.ringName });
  }
}

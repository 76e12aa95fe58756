// Finds where the real nutcracker sends keys: it runs in front of servers that reply to every command with their number.

import { once } from 'node:events';
import * as net from 'node:net';
import * as path from 'node:path';
import { NutcrackerConfig, NutcrackerPool, type NutcrackerPoolProps } from '../../lib/nutcracker';
import { type Lab } from './lab';

/** Connections of one nutcracker to its servers; its limit and that of this process are usually 1024 open files. */
const CONNECTIONS = 700;

/** A pool without its listen address. */
export type PoolUnderTest = Omit<NutcrackerPoolProps, 'name' | 'listen' | 'redis'>;

/** For each pool and each key, the index in `servers` of the server to which nutcracker sends the key. */
export async function placementsOfNutcracker(
  lab: Lab,
  pools: readonly PoolUnderTest[],
  keys: readonly Buffer[],
): Promise<number[][]> {
  const { servers } = pools[0];
  const numbered = await NumberedServers.listen(servers.map(({ address }) => address));
  try {
    const places: number[][] = [];
    const atOnce = Math.ceil(CONNECTIONS / servers.length);
    for (let i = 0; i < pools.length; i += atOnce)
      places.push(...(await placementsOfSome(lab, pools.slice(i, i + atOnce), keys)));
    return places;
  } finally {
    await numbered.close();
  }
}

async function placementsOfSome(
  lab: Lab,
  pools: readonly PoolUnderTest[],
  keys: readonly Buffer[],
): Promise<number[][]> {
  const listening = pools.map((props, i) => {
    const name = `pool-${i}`;
    return new NutcrackerPool({ ...props, name, listen: path.join(lab.dir, name), redis: true });
  });
  const program = await lab.nutcracker(
    NutcrackerConfig.of(listening).toYaml(),
    listening.map(({ listen }) => listen),
  );
  try {
    return await Promise.all(listening.map(({ listen }) => placementsInPool(listen, keys)));
  } finally {
    await program.stop('SIGKILL');
  }
}

/** Sends one GET per key through a single connection, on which nutcracker keeps the replies in order. */
async function placementsInPool(listen: string, keys: readonly Buffer[]): Promise<number[]> {
  const socket = net.connect(listen);
  let replies: string[] = [];
  let text = '';
  socket.write(Buffer.concat(keys.flatMap((key) => [Buffer.from(`*2\r\n$3\r\nGET\r\n$${key.length}\r\n`), key, CRLF])));
  for await (const data of socket) {
    text += String(data);
    replies = text.split('\r\n').slice(0, -1);
    if (replies.length === keys.length) break;
  }
  const wrong = replies.find((reply) => !/^:\d+$/.test(reply));
  if (wrong !== undefined || replies.length !== keys.length) {
    throw new Error(`${replies.length} replies to ${keys.length} keys, the first wrong one: ${String(wrong)}`);
  }
  return replies.map((reply) => Number(reply.slice(1)));
}

const CRLF = Buffer.from('\r\n');

class NumberedServers {
  static async listen(addresses: readonly string[]): Promise<NumberedServers> {
    const numbered = new NumberedServers();
    await Promise.all(addresses.map((address, number) => numbered.add(address, number)));
    return numbered;
  }

  private readonly servers: net.Server[] = [];
  private readonly sockets = new Set<net.Socket>();

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  private async add(address: string, number: number): Promise<void> {
    const server = net.createServer((socket) => {
      this.sockets.add(socket);
      const commands = new CommandCounter();
      socket.on('data', (data) => socket.write(`:${number}\r\n`.repeat(commands.add(data))));
      socket.on('error', () => socket.destroy());
    });
    this.servers.push(server);
    const [host, port] = address.split(':');
    if (address.startsWith('/')) server.listen(address);
    else server.listen(Number(port), host);
    await once(server, 'listening');
  }
}

/** Counts the commands in a RESP stream, whose keys may contain any bytes. */
class CommandCounter {
  private rest = Buffer.alloc(0);

  /** The number of commands that end in the data. */
  add(data: Buffer): number {
    this.rest = Buffer.concat([this.rest, data]);
    let commands = 0;
    for (let end = this.commandEnd(); end <= this.rest.length; end = this.commandEnd()) {
      this.rest = this.rest.subarray(end);
      commands++;
    }
    return commands;
  }

  /** The end of the first command in the rest, or Infinity if it is incomplete. */
  private commandEnd(): number {
    const [count, first] = this.header(0);
    let at = first;
    for (let i = 0; i < count; i++) {
      const [length, start] = this.header(at);
      at = start + length + CRLF.length;
    }
    return at;
  }

  /** The number in a line such as `*2` or `$11`, and the end of the line. */
  private header(at: number): [number, number] {
    const end = at < this.rest.length ? this.rest.indexOf(CRLF, at) : -1;
    return end < 0 ? [0, Infinity] : [Number(this.rest.toString('latin1', at + 1, end)), end + CRLF.length];
  }
}

// A name service for the programs of a lab: `getent` of scripts, `node` of Jobs, and clients in the process of a test.

import * as fs from 'node:fs';
import * as net from 'node:net';
import { type LookupFunction } from 'node:net';
import { type Lab } from './lab';

/** Lets `dns.lookup` of a program look into a file first. */
const PRELOAD = `
const dns = require('node:dns');
const { lookup } = dns;
dns.lookup = (host, options, callback = options) => {
  const lines = require('node:fs').readFileSync(__dirname + '/names', 'utf8').split('\\n');
  const found = lines.find((line) => line.split(' ')[1]?.replace(/\\.$/, '') === host.replace(/\\.$/, ''));
  lookup(found ? found.split(' ')[0] : host, options, callback);
};
`;

export class NameService {
  private hosts: Readonly<Record<string, string>> = {};

  /** @param directory a directory of the lab, to be the first in the PATH of pods */
  constructor(
    private readonly lab: Lab,
    private readonly directory: string,
  ) {
    const path = `${lab.dir}/${directory}`;
    const programs = {
      getent: `grep " $2\\$" ${path}/names`,
      node: `exec ${process.execPath} --require ${path}/preload.js "$@"`,
    };
    for (const [name, text] of Object.entries(programs)) {
      fs.chmodSync(lab.write(`${directory}/${name}`, `#!/bin/sh\n${text}\n`), 0o755);
    }
    lab.write(`${directory}/preload.js`, PRELOAD);
  }

  /** The addresses of names from now on. A name may end in a dot. */
  set(hosts: Readonly<Record<string, string>>): void {
    this.hosts = hosts;
    const lines = Object.entries(hosts).map(([name, host]) => `${host} ${name}\n`);
    this.lab.write(`${this.directory}/names`, lines.join(''));
  }

  /** For a client in this process. */
  readonly lookup: LookupFunction = (host, { all }, callback) => {
    const own = Object.keys(this.hosts).find((name) => name.replace(/\.$/, '') === host.replace(/\.$/, ''));
    const address = own === undefined ? host : this.hosts[own];
    if (net.isIP(address) === 0) callback(new Error(`${host} has no address`), '');
    else if (all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}

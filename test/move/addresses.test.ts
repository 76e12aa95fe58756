// The migrator connects only to the servers of its plan.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab } from '../lab/lab';
import { LabMove } from '../lab/move';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

/** Records the target of every connection of a program, and every DNS lookup. */
const RECORDER = `
const { appendFileSync } = require('node:fs');
const net = require('node:net');
const dns = require('node:dns');
const note = (what) => appendFileSync(process.env.RECORD, what + '\\n');
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [[options]] = Array.isArray(args[0]) ? args : [args];
  note(options.path ?? (options.host ?? 'localhost') + ':' + options.port);
  return connect.apply(this, args);
};
const { lookup } = dns;
dns.lookup = (name, ...rest) => (note('name ' + name), lookup(name, ...rest));
`;

test('every command connects only to servers of the plan, and looks up no other name', async () => {
  const move = await LabMove.of(lab, { servers: 2, fleet: { migration: { keepLegacyInSync: true } } });
  await move.start();
  const recorder = lab.write('recorder.cjs', RECORDER);
  for (const command of ['preflight', 'status', 'sync', 'verify', 'cutover', 'rollback']) {
    const record = path.join(lab.dir, `${command}.txt`);
    const program = move.migratorWith({ NODE_OPTIONS: `--require ${recorder}`, RECORD: record }, command);
    expect([command, await program.exit()]).toEqual([command, 0]);
    const targets = new Set(fs.readFileSync(record, 'utf8').trim().split('\n'));
    const planned = move.ordinals.flatMap((n) => [move.old.portOf(n), move.fleet.portOf(n)]);
    expect([...targets].sort()).toEqual(planned.map((port) => `127.0.0.1:${port}`).sort());
  }
});

// The bench of the proxies works, whatever its figures: every part, with few requests.

import * as path from 'node:path';
import { Lab, type Program } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

let lab: Lab;
let bench: Program;
beforeEach(() => (lab = new Lab()));
afterEach(async () => {
  // Its servers and proxies are of its group, and would outlive it.
  if (bench.running && bench.child.pid !== undefined) process.kill(-bench.child.pid, 'SIGKILL');
  await lab.close();
});

function start(...words: string[]): Program {
  const program = path.join(ROOT, 'bench', 'proxy.ts');
  return lab.start(process.execPath, ['--import', 'tsx', program, ...words], { cwd: ROOT, detached: true });
}

/** The lines of figures: name, and cells to its right. */
function rowsOf(output: string): string[][] {
  const lines = output.split('\n').filter((line) => /^ {2}\S/.test(line));
  return lines.map((line) => line.trim().split(/\s{2,}/));
}

test('every path, buffer, connection and bridge has its figures, and no client was answered an error', async () => {
  bench = start('--quick');
  // It throws at the first error that a client is answered.
  expect([await bench.exit(), bench.output]).toEqual([0, expect.stringContaining('nutcracker 0.5.0')]);

  const rows = rowsOf(bench.output);
  const count = (name: string): number => rows.filter(([each]) => each === name).length;
  expect(count('Redis itself, one server')).toBe(4);
  expect(count('Redis itself, 4 servers')).toBe(3);
  expect(count('nutcracker and bridge, to old servers')).toBe(4);
  expect(count('nutcracker and bridge, to new servers')).toBe(4);
  expect(count('mbufBytes 16384')).toBe(2);
  expect(count('TLS to nutcracker, TLS to the shards')).toBe(2);
  expect(count('each with the session of the first')).toBe(1);
  expect(count('server_connections 2')).toBe(1);
  expect(count('nbthread 1')).toBe(1);
  expect(count('checkInterval 50 ms')).toBe(1);

  const figures = rows.flatMap(([name, ...cells]) => cells.filter((cell) => cell !== '-').map((cell) => [name, cell]));
  expect(figures.length).toBeGreaterThan(rows.length);
  expect(figures.filter(([, cell]) => !(Number.parseFloat(cell.replaceAll(',', '')) > 0))).toEqual([]);
});

test('a part that does not exist is named, with those that do', async () => {
  bench = start('nothing');
  expect(await bench.exit()).not.toBe(0);
  expect(bench.output).toContain('there is no part nothing; take requests, buffers, connections, bridges, checks');
});

// run-migrator.sh restarts a killed program, and no other, in the shells of the images.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab, type Program, until } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

const SCRIPT = path.join(ROOT, 'lib/scripts/run-migrator.sh');

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

describe.each([['dash'], ['busybox', 'sh'], ['bash']])('with %s', (...shell) => {
  /** Runs a line of shell, in which `$try` is the number of starts. */
  function run(tries: number, line: string): Program {
    const program = `echo x >>tries; try=$(wc -l <tries); ${line}`;
    return lab.start(shell[0], [...shell.slice(1), SCRIPT, String(tries), 'sh', '-c', program]);
  }

  const started = (): number => fs.readFileSync(path.join(lab.dir, 'tries'), 'utf8').split('\n').length - 1;

  test.each([0, 2, 3])('a program that exits with %i is not restarted', async (code) => {
    expect(await run(5, `exit ${code}`).exit()).toBe(code);
    expect(started()).toBe(1);
  });

  test('a killed program is restarted until it exits by itself', async () => {
    const program = run(5, '[ $try -gt 2 ] || kill -9 $$; exit 3');
    expect([await program.exit(), started()]).toEqual([3, 3]);
    expect(program.output).toContain('exited with code 137; restarting it (try 2 of 5)');
  });

  test('a program that is killed every time is left to Kubernetes, with its last exit code', async () => {
    expect([await run(3, 'kill -9 $$').exit(), started()]).toEqual([137, 3]);
  });

  test('any other exit code is retried after a second', async () => {
    expect([await run(2, 'exit 4').exit(), started()]).toEqual([4, 2]);
  });

  test('a signal is forwarded to the program, which may shut down and is not restarted', async () => {
    const program = run(5, "trap 'echo told; sleep 0.2; exit 4' TERM; echo ready; while :; do sleep 0.05; done");
    await until('it is ready', () => program.output.includes('ready'));
    program.child.kill('SIGTERM');
    expect([await program.exit(), started(), program.output]).toEqual([4, 1, 'ready\ntold\n']);
  });
});

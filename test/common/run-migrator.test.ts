// run-migrator.sh starts again what dies, and nothing else, in the shells that images have.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Lab, type Program, until } from '../lab/lab';
import { ROOT } from '../lab/synthesized';

const SCRIPT = path.join(ROOT, 'lib/scripts/run-migrator.sh');

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

describe.each([['dash'], ['busybox', 'sh'], ['bash']])('with %s', (...shell) => {
  /** Runs a program that is a line of shell, and knows by `$try` how often it was started. */
  function run(tries: number, line: string): Program {
    const program = `echo x >>tries; try=$(wc -l <tries); ${line}`;
    return lab.start(shell[0], [...shell.slice(1), SCRIPT, String(tries), 'sh', '-c', program]);
  }

  const started = (): number => fs.readFileSync(path.join(lab.dir, 'tries'), 'utf8').split('\n').length - 1;

  test.each([0, 2, 3])('what ends with %i has ended', async (code) => {
    expect(await run(5, `exit ${code}`).exit()).toBe(code);
    expect(started()).toBe(1);
  });

  test('what is killed is started again, until it has come to its end', async () => {
    const program = run(5, '[ $try -gt 2 ] || kill -9 $$; exit 3');
    expect([await program.exit(), started()]).toEqual([3, 3]);
    expect(program.output).toContain('exited with code 137; restarting it (try 2 of 5)');
  });

  test('what keeps dying is left to Kubernetes, with its last code', async () => {
    expect([await run(3, 'kill -9 $$').exit(), started()]).toEqual([137, 3]);
  });

  test('what asks for another run has it after a second', async () => {
    expect([await run(2, 'exit 4').exit(), started()]).toEqual([4, 2]);
  });

  test('a signal reaches the program, which ends in its own time and is not started again', async () => {
    const program = run(5, "trap 'echo told; sleep 0.2; exit 4' TERM; echo ready; while :; do sleep 0.05; done");
    await until('it is ready', () => program.output.includes('ready'));
    program.child.kill('SIGTERM');
    expect([await program.exit(), started(), program.output]).toEqual([4, 1, 'ready\ntold\n']);
  });
});

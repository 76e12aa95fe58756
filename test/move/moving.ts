// Common parts of the fault tests: a small fleet during its migration, clients under load, and the final checks.

import { DURABLE } from '../lab/fleet';
import { type Program, until } from '../lab/lab';
import { describe as inWords } from '../lab/history';
import { type Lab } from '../lab/lab';
import { type Load, type LoadProps } from '../lab/load';
import { LabMove, type LabMoveProps } from '../lab/move';
import { type Step } from '../../migrator/shard/fault-points';
import { SplitBrainObserver } from '../lab/split-brain-observer';

/**
 * Old servers that keep every acknowledged write over SIGKILL, and sync at once. With `everysec`, Redis delays a write while
 * the disk is busy, and a kill then loses acknowledged writes, which is not a fault of the migration.
 */
export const OLD: Pick<LabMoveProps, 'appendonly' | 'directives'> = {
  appendonly: true,
  directives: () => [
    ['repl-diskless-sync-delay', '0'],
    ['appendfsync', 'always'],
  ],
};

/** The same for the new servers. */
const NEW = { redis: DURABLE };

/** A fleet during its migration, with a split brain observer and under load. */
export class Moving {
  static async of(lab: Lab, props: Partial<LabMoveProps> = {}, load: Partial<LoadProps> = {}): Promise<Moving> {
    const move = await LabMove.of(lab, { servers: 2, ...OLD, ...props, fleet: { ...NEW, ...props.fleet } });
    await move.start();
    const observer = new SplitBrainObserver(move);
    return new Moving(move, observer, await move.load({ clients: 8, operationsPerSecond: 2000, ...load }));
  }

  private constructor(
    readonly move: LabMove,
    private readonly observer: SplitBrainObserver,
    readonly load: Load,
  ) {}

  /** Starts a command, and waits until it stops at a step. `resume` resumes it, and returns its exit code. */
  async stopAt(step: Step, ...args: string[]): Promise<{ program: Program; resume: () => Promise<number | null> }> {
    const [command] = step.split('.');
    const program = this.move.migratorWith({ CDK8S_TWEMPROXY_SIGNAL_AT: `${step} SIGSTOP` }, command, ...args);
    await until(`${command} stops at ${step}`, () => {
      if (!program.running) throw new Error(`${command} ended: ${program.output}`);
      return program.isStopped;
    });
    const resume = (): Promise<number | null> => {
      program.child.kill('SIGCONT');
      return program.exit();
    };
    return { program, resume };
  }

  /** Repeats a command, as a Job does, until it succeeds. */
  async finish(command: string, ...args: string[]): Promise<void> {
    let output = '';
    await until(`${command} succeeds`, async () => {
      const program = this.move.migrator(command, ...args);
      const code = await program.exit();
      output = program.output;
      return code === 0;
    }).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it printed:\n${output}`);
    });
  }

  /** Ends everything, also after a failed test. */
  async close(): Promise<void> {
    await this.load.end();
    await this.observer.end().catch(() => []);
    await this.move.close();
  }

  /** Ends the load; fails if a write was lost, a read was stale, or two servers were masters. */
  async judge(): Promise<void> {
    await this.judgeHistory();
    expect(await this.observer.end()).toEqual([]);
  }

  /** The same without the observer, for tests that allow two masters. */
  async judgeHistory(): Promise<void> {
    const report = await this.load.stop();
    expect(report.violations.map(inWords)).toEqual([]);
    expect(report.lost).toEqual([]);
    expect(report.acknowledgedWrites).toBeGreaterThan(0);
  }
}

/** The roles in a fleet after the cutover. */
export function moved({ ordinals }: LabMove): object[] {
  return ordinals.map(() => ({ old: 'slave of 127.0.0.1:1', new: 'master' }));
}

/** The roles in a fleet that is in sync, before the cutover. */
export function untouched({ ordinals, old, networks }: LabMove): object[] {
  return ordinals.map((n) => ({ old: 'master', new: `slave of 127.0.0.1:${networks[n]?.port ?? old.portOf(n)}` }));
}

// Migrates a live fleet on this machine, with real servers, proxies and bridges: npm run demo. With --failover, stops and kills
// servers of a fleet with replicas; with --resize, adds a server to a fleet and removes it. The exit code is not 0 if data was lost.

import { type SpawnOptions } from 'node:child_process';
import { Lab, type Program } from '../test/lab/lab';
import { Demo } from './demo';
import { FailoverDemo } from './failover';
import { ResizeDemo } from './resize';
import { dim, mute, print, red } from './screen';

/** The exit code of shells after an interrupt. */
const INTERRUPTED = 130;

/** Starts programs in their own process groups, so that Ctrl-C reaches only the demo, which then stops them. */
class OwnGroups extends Lab {
  override start(command: string, args: readonly string[], options: SpawnOptions = {}): Program {
    return super.start(command, args, { detached: true, ...options });
  }
}

async function main(): Promise<void> {
  // Debian installs nutcracker and haproxy in directories that are not on the PATH of most users.
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin`;
  const lab = new OwnGroups();
  const interruption = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve(INTERRUPTED);
      });
    }
  });
  const has = (option: string): boolean => process.argv.includes(option);
  const demo = has('--failover') ? new FailoverDemo(lab) : has('--resize') ? new ResizeDemo(lab) : new Demo(lab);
  const code = await Promise.race([interruption, exitCodeOf(demo)]);
  if (code === INTERRUPTED) print(dim('\nStopping all programs.'));
  mute();
  await lab.close();
  process.exit(code);
}

async function exitCodeOf(demo: { run: () => Promise<boolean> }): Promise<number> {
  try {
    return (await demo.run()) ? 0 : 1;
  } catch (error) {
    print(red(`\n${(error as Error).message}`));
    return 1;
  }
}

void main();

// The whole move of a live fleet on this machine, with real servers, proxies and bridges: npm run demo. It ends with a
// code other than 0 if anything was lost.

import { type SpawnOptions } from 'node:child_process';
import { Lab, type Program } from '../test/lab/lab';
import { Demo } from './demo';
import { dim, hush, print, red } from './screen';

/** As a shell has it for what was interrupted. */
const INTERRUPTED = 130;

/** Programs that a Ctrl-C of the terminal does not reach: the demo itself ends them, in one go. */
class OwnGroups extends Lab {
  override start(command: string, args: readonly string[], options: SpawnOptions = {}): Program {
    return super.start(command, args, { detached: true, ...options });
  }
}

async function main(): Promise<void> {
  // Debian puts nutcracker and haproxy where the PATH of most users does not lead.
  process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin`;
  const lab = new OwnGroups();
  const interruption = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve(INTERRUPTED);
      });
    }
  });
  const code = await Promise.race([interruption, exitCodeOf(new Demo(lab))]);
  if (code === INTERRUPTED) print(dim('\nEnding every program.'));
  hush();
  await lab.close();
  process.exit(code);
}

async function exitCodeOf(demo: Demo): Promise<number> {
  try {
    return (await demo.run()) ? 0 : 1;
  } catch (error) {
    print(red(`\n${(error as Error).message}`));
    return 1;
  }
}

void main();

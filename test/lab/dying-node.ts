// A `node` whose first run sends itself a signal at a step of a move, as if somebody killed it there.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Step } from '../../migrator/shard/fault-points';
import { type Lab } from './lab';

/** The PATH of a pod in which it is found. */
export function pathOfDyingNode(lab: Lab, step: Step): string {
  const bin = fs.mkdtempSync(path.join(lab.dir, 'bin-'));
  const file = path.join(bin, 'node');
  const once = path.join(bin, 'has-died');
  const text = `#!/bin/sh
if mkdir ${once} 2>/dev/null; then export CDK8S_TWEMPROXY_SIGNAL_AT='${step} SIGKILL'; fi
exec ${process.execPath} "$@"
`;
  fs.writeFileSync(file, text, { mode: 0o755 });
  fs.chmodSync(bin, 0o777);
  return `${bin}:/usr/bin:/bin`;
}

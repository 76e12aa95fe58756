// A `node` whose first run kills itself at a step of a migration.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Step } from '../../migrator/shard/fault-points';
import { type Lab } from './lab';

/** A PATH for a pod that has this `node`. */
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

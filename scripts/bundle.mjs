// Bundles a program and what it imports into one file: node scripts/bundle.mjs ENTRY OUTFILE

import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { version } = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8'));

/** Writes the program, executable, and next to it the licenses of the packages inside it. */
export async function bundle(entry, outfile) {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    define: { VERSION: JSON.stringify(version) },
    metafile: true,
    logLevel: 'warning',
  });
  fs.chmodSync(outfile, 0o755);
  fs.writeFileSync(`${outfile}.LICENSES.txt`, licensesOf(Object.keys(metafile.inputs)));
}

function licensesOf(inputs) {
  const packages = inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]).filter(Boolean);
  return [...new Set(packages)]
    .sort()
    .map((directory) => `${directory}\n\n${fs.readFileSync(path.join(directory, 'LICENSE'), 'utf8')}`)
    .join('\n\n');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await bundle(...process.argv.slice(2));

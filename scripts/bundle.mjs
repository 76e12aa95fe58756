// Bundles each program with its imports into one file. Usage, for the command line: node scripts/bundle.mjs OUTFILE

import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { version, repository } = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8'));

/** Writes the executable program, and next to it the licenses of the bundled packages. */
async function bundle(entry, outfile, options = {}) {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    define: { VERSION: JSON.stringify(version), REPOSITORY: JSON.stringify(repository.url) },
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  fs.chmodSync(outfile, 0o755);
  const licenses = licensesOf(Object.keys(metafile.inputs));
  if (licenses !== '') fs.writeFileSync(`${outfile}.LICENSES.txt`, licenses);
}

function licensesOf(inputs) {
  const packages = inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]).filter(Boolean);
  return [...new Set(packages)]
    .sort()
    .map((directory) => `${directory}\n\n${licenseOf(directory)}`)
    .join('\n\n');
}

function licenseOf(directory) {
  const file = fs.readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${directory} has no license; every bundled package must have one`);
  return fs.readFileSync(path.join(directory, file), 'utf8');
}

/** The command line, and the page of `report` next to it. */
export async function bundleCli(outfile) {
  await bundle('cli/main.ts', outfile, { plugins: [withoutUnused] });
  await bundle('cli/page/page.ts', path.join(path.dirname(outfile), 'page/page.js'), {
    minify: true,
    loader: { '.css': 'text', '.browser.js': 'text' },
  });
}

/**
 * Parts of ioredis that these programs do not use, more than a third of each: clusters and sentinels, a method for each command (they
 * use `call`), and debug output.
 */
const UNUSED = [
  {
    filter: /ioredis\/built\/(cluster\/index|connectors\/SentinelConnector\/index|constants\/TLSProfiles)\.js$/,
    contents: 'exports.default = class {};',
  },
  { filter: /@ioredis\/commands\/built\/commands\.json$/, contents: '{}', loader: 'json' },
  { filter: /ioredis\/built\/utils\/debug\.js$/, contents: 'exports.default = () => () => {};' },
];

const withoutUnused = {
  name: 'without-unused',
  setup({ onLoad }) {
    for (const { filter, contents, loader } of UNUSED) onLoad({ filter }, () => ({ contents, loader }));
  },
};

/** The programs that pods get from a ConfigMap: minified, with short lines for readable diffs. */
export async function bundlePrograms() {
  for (const program of ['migrator', 'failover', 'reshard', 'backup', 'passwords']) {
    // The argument parser, which the library uses to check arguments of Jobs.
    await bundle(`${program}/step-arguments.ts`, `build/${program}/step-arguments.cjs`, { format: 'cjs' });
  }
  for (const program of ['migrator', 'failover', 'reshard', 'backup', 'passwords', 'exporter']) {
    await bundle(`${program}/main.ts`, `build/${program}/${program}.mjs`, {
      format: 'esm',
      minify: true,
      lineLimit: 120,
      plugins: [withoutUnused],
      // CommonJS packages load Node's modules with require.
      banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    });
  }
}

/** The dashboard of a fleet. Its library is twenty times as large, so the package has only the JSON. */
export async function writeDashboard(directory) {
  const program = `${directory}/dashboard.mjs`;
  await bundle('dashboards/dashboard.ts', program, { format: 'esm' });
  const { fleetDashboard } = await import(pathToFileURL(path.resolve(program)).href);
  fs.writeFileSync(`${directory}/fleet.json`, JSON.stringify(fleetDashboard()));
  for (const file of [program, `${program}.LICENSES.txt`]) fs.rmSync(file);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await bundleCli(...process.argv.slice(2));

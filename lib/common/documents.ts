// Where the documents of this version are, for whoever reads a runbook, a log or a page without the package beside it.
// The shell of the pods names the copy in the package instead: an address with a version would restart every shard at each upgrade.

import * as fs from 'node:fs';
import * as path from 'node:path';

/** What package.json says of it. */
interface Package {
  readonly version: string;
  readonly repository: { readonly url: string };
}

/** Put in the place of these names in programs that are bundled: they may be anywhere. */
declare const REPOSITORY: string;
declare const VERSION: string;

/** Found when a document is named first. */
let address: string | undefined;

/** The address of a document, or of its heading: `docs/faults.md#split-brain`. */
export function documentAt(place: string): string {
  address ??= addressOf(typeof REPOSITORY === 'undefined' ? installed() : bundled());
  return `${address}/${place}`;
}

/** A link to it, in Markdown. */
export function linkTo(title: string, place: string): string {
  return `[${title}](${documentAt(place)})`;
}

function addressOf({ version, repository }: Package): string {
  return `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/v${version}`;
}

function bundled(): Package {
  return { version: VERSION, repository: { url: REPOSITORY } };
}

function installed(): Package {
  // In a checkout whose sources are run, and in the package.
  const places = ['../../package.json', '../../../package.json'].map((place) => path.join(__dirname, place));
  const file = places.find((place) => fs.existsSync(place));
  if (file === undefined) throw new Error(`cdk8s-twemproxy is installed without its package.json, beside ${__dirname}`);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Package;
}

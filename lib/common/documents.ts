// The URLs of the documents of this version, for runbooks, logs and pages that are read without the package.
// The scripts in the pods name the path in the package instead: a URL with a version would restart every shard at each upgrade.

import * as fs from 'node:fs';
import * as path from 'node:path';

/** The relevant fields of package.json. */
interface Package {
  readonly version: string;
  readonly repository: { readonly url: string };
}

/** Bundled programs have no package.json; the bundler defines these constants. */
declare const REPOSITORY: string;
declare const VERSION: string;

/** Determined at the first use. */
let baseUrl: string | undefined;

/** The URL of a document, or of a heading in it: `docs/faults.md#split-brain`. */
export function documentAt(place: string): string {
  baseUrl ??= urlOf(typeof REPOSITORY === 'undefined' ? installed() : bundled());
  return `${baseUrl}/${place}`;
}

/** A Markdown link to a document. */
export function linkTo(title: string, place: string): string {
  return `[${title}](${documentAt(place)})`;
}

function urlOf({ version, repository }: Package): string {
  return `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/v${version}`;
}

function bundled(): Package {
  return { version: VERSION, repository: { url: REPOSITORY } };
}

function installed(): Package {
  // In a source checkout, and in the package.
  const places = ['../../package.json', '../../../package.json'].map((place) => path.join(__dirname, place));
  const file = places.find((place) => fs.existsSync(place));
  if (file === undefined) throw new Error(`the package.json of cdk8s-twemproxy is missing above ${__dirname}`);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Package;
}

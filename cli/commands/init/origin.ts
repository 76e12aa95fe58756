// Where this program came from, so that a new repository gets the same package: a registry need not have it.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** The name of the package in a registry and in `node_modules`. */
const NAME = 'cdk8s-twemproxy';

/** A registry; a packed file, with what is in it; or a directory from which nobody can tell, to be packed. */
export type Origin =
  | { readonly from: 'registry' }
  | { readonly from: 'file'; readonly packed: Uint8Array }
  | { readonly from: 'directory'; readonly directory: string };

/** What npm notes of a package that it has installed. */
interface Installed {
  readonly resolved?: string;
  readonly integrity?: string;
}

/** The origin of a package by its directory. */
export function originOf(directory: string): Origin {
  const unknown: Origin = { from: 'directory', directory };
  // pnpm has a directory for each version: one of a registry begins with a number.
  if (/[\\/]\.pnpm[\\/]cdk8s-twemproxy@\d/.test(directory)) return { from: 'registry' };
  const { resolved, integrity } = installed(path.dirname(directory)) ?? {};
  if (resolved === undefined) return unknown;
  if (/^https?:/.test(resolved)) return { from: 'registry' };
  const packed = readPacked(path.resolve(directory, '../..'), resolved);
  return packed === undefined || !isWhole(packed, integrity) ? unknown : { from: 'file', packed };
}

/** Where a repository keeps the packed file. */
export function vendored(version: string): string {
  return `vendor/${NAME}-${version}.tgz`;
}

function installed(modules: string): Installed | undefined {
  const lock = path.join(modules, '.package-lock.json');
  if (path.basename(modules) !== 'node_modules' || !fs.existsSync(lock)) return undefined;
  try {
    const { packages } = JSON.parse(fs.readFileSync(lock, 'utf8')) as { packages?: Record<string, Installed> };
    return packages?.[`node_modules/${NAME}`];
  } catch {
    // A file that npm has cut off says nothing.
    return undefined;
  }
}

/** npm has the path from the project, and escapes some characters of it. */
function readPacked(project: string, resolved: string): Uint8Array | undefined {
  const name = /^file:(.*)$/s.exec(resolved)?.[1];
  if (name === undefined) return undefined;
  const files = [name, unescaped(name)].map((each) => path.resolve(project, each));
  const file = files.find((each) => fs.statSync(each, { throwIfNoEntry: false })?.isFile());
  return file === undefined ? undefined : fs.readFileSync(file);
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Whether the file is still the one that was installed. */
function isWhole(packed: Uint8Array, integrity: string | undefined): boolean {
  return integrity === `sha512-${createHash('sha512').update(packed).digest('base64')}`;
}

// Finds out how this package was installed, so that a new repository uses the same package, even if no registry has it.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

const NAME = 'cdk8s-twemproxy';

/** A registry, a packed file with its content, or a directory of unknown origin, which must be packed. */
export type Origin =
  | { readonly from: 'registry' }
  | { readonly from: 'file'; readonly packed: Uint8Array }
  | { readonly from: 'directory'; readonly directory: string };

/** An entry of npm's lock file. */
interface Installed {
  readonly resolved?: string;
  readonly integrity?: string;
}

/** The origin of the package in this directory. */
export function originOf(directory: string): Origin {
  const unknown: Origin = { from: 'directory', directory };
  // pnpm has one directory per version; the version starts with a digit if it is from a registry.
  if (/[\\/]\.pnpm[\\/]cdk8s-twemproxy@\d/.test(directory)) return { from: 'registry' };
  const { resolved, integrity } = installed(path.dirname(directory)) ?? {};
  if (resolved === undefined) return unknown;
  if (/^https?:/.test(resolved)) return { from: 'registry' };
  const packed = readPacked(path.resolve(directory, '../..'), resolved);
  return packed === undefined || !isIntact(packed, integrity) ? unknown : { from: 'file', packed };
}

/** The path of the packed file in a repository. */
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
    // The lock file is truncated.
    return undefined;
  }
}

/** npm writes the path relative to the project, and escapes some characters. */
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

/** Whether the file is the one that was installed. */
function isIntact(packed: Uint8Array, integrity: string | undefined): boolean {
  return integrity === `sha512-${createHash('sha512').update(packed).digest('base64')}`;
}

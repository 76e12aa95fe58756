// Adds fleets to a repository that init created: the files of each, and two lines in main.ts.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type NutcrackerPool, NutcrackerConfig } from '../../../lib/nutcracker';
import { sharedServer } from '../../../lib/nutcracker/fleet-shards';
import { InputError } from '../../output/input-error';
import { withFleets } from './main-ts';
import { throwReadError, throwWriteError } from '../../output/system-error';
import { type Files, writeFiles } from './write-files';

export interface ExistingRepository {
  readonly directory: string;
  /** The names of its fleets. */
  readonly fleets: readonly string[];
}

/** The repository in a directory, if there is one. */
export function existingRepository(directory: string): ExistingRepository | undefined {
  const has = (name: string): boolean => fs.existsSync(path.join(directory, name));
  if (!has('main.ts') || !has('app.ts') || !has('fleets')) return undefined;
  return reading(path.join(directory, 'fleets'), (fleets) => ({ directory, fleets: fs.readdirSync(fleets) }));
}

/** Throws for pools with servers that a fleet of the repository already moves, as the synth would. */
export function refuseAlreadyMoving({ directory, fleets }: ExistingRepository, pools: readonly NutcrackerPool[]): void {
  const errors = fleets.flatMap((fleet) => {
    const file = path.join(directory, 'fleets', fleet, 'nutcracker.yml');
    if (!fs.existsSync(file)) return [];
    const others = reading(file, () => NutcrackerConfig.fromFile(file)).pools.filter(({ name }) =>
      isPinned(directory, fleet, name),
    );
    const found = others.flatMap((other) => pools.map((pool) => ({ pool, shared: sharedServer(pool, other) })));
    const first = found.find(({ shared }) => shared !== undefined);
    if (first?.shared === undefined) return [];
    const { one, other } = first.shared;
    const location = `${file}${other.line === undefined ? '' : `:${other.line}`}`;
    const what = `${one.address} of pool ${JSON.stringify(first.pool.name)} already moves with fleet ${fleet}`;
    return [`${location}: ${what}; a server moves with all its pools: put them in one fleet, with pools: [...]`];
  });
  if (errors.length > 0) throw new InputError(errors);
}

/** Whether a fleet moves this pool of its file. */
function isPinned(directory: string, fleet: string, pool: string): boolean {
  const file = path.join(directory, 'fleets', fleet, 'ring.json');
  if (!fs.existsSync(file)) return true;
  const { pools = [] } = jsonIn(file) as {
    readonly pools?: readonly { readonly pool: string }[];
  };
  return pools.some((pinned) => pinned.pool === pool);
}

/** Writes the files of the fleets, then main.ts. If it throws, nothing is written. */
export function addTo({ directory }: ExistingRepository, files: Files, fleets: readonly string[]): void {
  const main = path.join(directory, 'main.ts');
  const changed = withFleets(
    reading(main, () => fs.readFileSync(main, 'utf8')),
    fleets,
  );
  if (changed === undefined) {
    const what =
      'it has no line such as "import { fleet as shopFleet } from \'./fleets/shop/fleet\';" before app.synth()';
    throw new InputError([`${main}: ${what}; restore it, or choose another --directory`]);
  }
  writeFiles(directory, files);
  const temporary = `${main}.new`;
  try {
    fs.writeFileSync(temporary, changed, { flag: 'wx', mode: fs.statSync(main).mode });
    fs.renameSync(temporary, main);
  } catch (error) {
    for (const fleet of fleets) fs.rmSync(path.join(directory, 'fleets', fleet), { recursive: true, force: true });
    fs.rmSync(temporary, { force: true });
    throwWriteError(main, error);
  }
}

function jsonIn(file: string): unknown {
  const text = reading(file, () => fs.readFileSync(file, 'utf8'));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError([`${file}: it is not JSON: ${(error as Error).message}; restore the version that init wrote`]);
  }
}

function reading<T>(file: string, read: (file: string) => T): T {
  try {
    return read(file);
  } catch (error) {
    return throwReadError(file, error);
  }
}

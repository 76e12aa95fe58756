// A repository that init made, to which fleets are added: files of their own, and two lines of main.ts each.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type NutcrackerPool, NutcrackerConfig } from '../../../lib/nutcracker';
import { sharedServer } from '../../../lib/nutcracker/fleet-shards';
import { InputError } from '../../output/input-error';
import { withFleets } from './main-ts';
import { throwReadError, throwWriteError } from '../../output/system-error';
import { type Files, writeFiles } from './write-files';

/** What is there already. */
export interface ExistingRepository {
  readonly directory: string;
  /** The names of its fleets. */
  readonly fleets: readonly string[];
}

/** The repository in a directory; nothing if there is none. */
export function existingRepository(directory: string): ExistingRepository | undefined {
  const has = (name: string): boolean => fs.existsSync(path.join(directory, name));
  if (!has('main.ts') || !has('app.ts') || !has('fleets')) return undefined;
  return reading(path.join(directory, 'fleets'), (fleets) => ({ directory, fleets: fs.readdirSync(fleets) }));
}

/** Refuses pools whose servers a fleet of the repository moves already: the synth would. */
export function refuseMovedAlready({ directory, fleets }: ExistingRepository, pools: readonly NutcrackerPool[]): void {
  const complaints = fleets.flatMap((fleet) => {
    const file = path.join(directory, 'fleets', fleet, 'nutcracker.yml');
    if (!fs.existsSync(file)) return [];
    const others = reading(file, () => NutcrackerConfig.fromFile(file)).pools.filter(({ name }) =>
      isPinned(directory, fleet, name),
    );
    const found = others.flatMap((other) => pools.map((pool) => ({ pool, shared: sharedServer(pool, other) })));
    const first = found.find(({ shared }) => shared !== undefined);
    if (first?.shared === undefined) return [];
    const { one, other } = first.shared;
    const where = `${file}${other.line === undefined ? '' : `:${other.line}`}`;
    const what = `${one.address} of pool ${JSON.stringify(first.pool.name)} moves with the fleet ${fleet} already`;
    return [`${where}: ${what}; a server moves once, with all its pools: make one fleet of them, with pools: [...]`];
  });
  if (complaints.length > 0) throw new InputError(complaints);
}

/** Whether a fleet moves that pool of its file. */
function isPinned(directory: string, fleet: string, pool: string): boolean {
  const file = path.join(directory, 'fleets', fleet, 'ring.json');
  if (!fs.existsSync(file)) return true;
  const { pools = [] } = jsonIn(file) as {
    readonly pools?: readonly { readonly pool: string }[];
  };
  return pools.some((pinned) => pinned.pool === pool);
}

/** Writes the files of the fleets, and then main.ts; throws before anything is written. */
export function addTo({ directory }: ExistingRepository, files: Files, fleets: readonly string[]): void {
  const main = path.join(directory, 'main.ts');
  const changed = withFleets(
    reading(main, () => fs.readFileSync(main, 'utf8')),
    fleets,
  );
  if (changed === undefined) {
    const what =
      'it has no line such as "import { fleet as shopFleet } from \'./fleets/shop/fleet\';" before app.synth()';
    throw new InputError([`${main}: ${what}; add fleets as init does, or name another --directory`]);
  }
  writeFiles(directory, files);
  const beside = `${main}.new`;
  try {
    fs.writeFileSync(beside, changed, { flag: 'wx', mode: fs.statSync(main).mode });
    fs.renameSync(beside, main);
  } catch (error) {
    for (const fleet of fleets) fs.rmSync(path.join(directory, 'fleets', fleet), { recursive: true, force: true });
    fs.rmSync(beside, { force: true });
    throwWriteError(main, error);
  }
}

function jsonIn(file: string): unknown {
  const text = reading(file, () => fs.readFileSync(file, 'utf8'));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError([`${file}: it is not JSON: ${(error as Error).message}; restore it as init wrote it`]);
  }
}

function reading<T>(file: string, read: (file: string) => T): T {
  try {
    return read(file);
  } catch (error) {
    return throwReadError(file, error);
  }
}

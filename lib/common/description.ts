// The parameter types of public constructors and static functions, which `npm run build` derives from the declarations
// (scripts/describe-props.mjs).

import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * A type as a string: `string`, `number`, `boolean`, `any`; the name of a struct, enum, interface or class of this library; the
 * qualified name of a class of another library (`cdk8s.Size`); `k8s.` and the name of a Kubernetes type. The prefix `[]` makes a
 * list, `{}` a map.
 */
export type TypeWord = string;

type Named<T> = Readonly<Record<string, T | undefined>>;

export interface Description {
  /** The types of the props of each struct, including inherited props. The names of optional props end with `?`. */
  readonly structs: Named<Readonly<Record<string, TypeWord>>>;
  /** The values of each enum, by name. */
  readonly enums: Named<Readonly<Record<string, string>>>;
  /** The required members of each interface. */
  readonly interfaces: Named<readonly string[]>;
  /** The parameters of `new Class` and `Class.function`. */
  readonly calls: Named<readonly (readonly [string, TypeWord])[]>;
  /** The calls that return each type. */
  readonly makers: Named<readonly string[]>;
}

/** In the compiled library, and in a source checkout. */
const PLACES = ['../props.json', '../../build/lib/props.json'].map((place) => path.join(__dirname, place));

/** Read once, at the first check. */
let known: Description | undefined;

export function description(): Description {
  if (known !== undefined) return known;
  const file = PLACES.find((place) => fs.existsSync(place));
  if (file === undefined) throw new Error('build/lib/props.json is not built; run: npm run build');
  return (known = JSON.parse(fs.readFileSync(file, 'utf8')) as Description);
}

/** A hint for source checkouts, where the description may be outdated; empty in the compiled library. */
export function afterChanges(): string {
  return fs.existsSync(PLACES[0]) ? '' : ' (if you changed lib/, run: npm run build)';
}

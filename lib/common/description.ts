// What the public constructors and static functions take, as `npm run build` derives it from the declarations
// (scripts/describe-props.mjs).

import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Types as words: `string`, `number`, `boolean`, `any`; the name of a struct, enumeration, interface or class of this library; the whole name of a
 * class of another one (`cdk8s.Size`); `k8s.` for what Kubernetes has. `[]` before it makes a list, `{}` a map.
 */
export type TypeWord = string;

type Named<T> = Readonly<Record<string, T | undefined>>;

export interface Description {
  /** The types of the props of each struct, those that it inherits included; optional ones end with `?`. */
  readonly structs: Named<Readonly<Record<string, TypeWord>>>;
  /** The values of each enumeration, by their names. */
  readonly enums: Named<Readonly<Record<string, string>>>;
  /** What an object must have to be one, by interface. */
  readonly interfaces: Named<readonly string[]>;
  /** The parameters of `new Class` and `Class.function`. */
  readonly calls: Named<readonly (readonly [string, TypeWord])[]>;
  /** The calls that return a type. */
  readonly makers: Named<readonly string[]>;
}

/** In the compiled library, and in a checkout whose sources are run. */
const PLACES = ['../props.json', '../../build/lib/props.json'].map((place) => path.join(__dirname, place));

/** Read once, when something is checked first. */
let known: Description | undefined;

export function description(): Description {
  if (known !== undefined) return known;
  const file = PLACES.find((place) => fs.existsSync(place));
  if (file === undefined) throw new Error('build/lib/props.json is not built; run: npm run build');
  return (known = JSON.parse(fs.readFileSync(file, 'utf8')) as Description);
}

/** What to do where the description may be older than the sources; nothing in the compiled library. */
export function afterChanges(): string {
  return fs.existsSync(PLACES[0]) ? '' : ' (if it is new in lib/, run: npm run build)';
}

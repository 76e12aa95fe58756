// Reads a redis.conf and the files that it includes, in the order in which redis-server sees their lines.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Line, linesOf } from './text';

/** A line and the file that it stands in. */
export interface ReadLine extends Line {
  readonly file: string;
  /** The file whose lines follow, when this one is an include. */
  readonly included?: string;
}

/** Fifteen times the one that Redis comes with, which is mostly comments; as much as no ConfigMap takes. */
const MOST_BYTES = 1024 * 1024;

/** The lines of a file. */
export function* readFile(file: string, includers: readonly string[] = []): Iterable<ReadLine> {
  yield* readBytes(fs.readFileSync(file), file, [...includers, path.resolve(file)]);
}

/** The lines of what a file holds. Without the file itself nothing says where an include would be. */
export function* readBytes(bytes: Buffer, file: string, includers: readonly string[] = []): Iterable<ReadLine> {
  if (bytes.length > MOST_BYTES) {
    const problem = `it has ${bytes.length} bytes, and no redis.conf more than ${MOST_BYTES}; give the file that the servers run with`;
    yield* [...linesOf(bytes.subarray(0, 1000))].slice(0, 1).map((line) => ({ ...line, problem, file }));
    return;
  }
  for (const line of linesOf(bytes)) {
    if (line.words[0] !== 'include') {
      yield { ...line, file };
      continue;
    }
    const found = includedFile(line.words.slice(1), includers);
    if (found.problem !== undefined) {
      yield { ...line, ...found, file };
      continue;
    }
    yield { ...line, file, included: found.file };
    yield* readFile(found.file, includers);
  }
}

type Included = { readonly file: string; readonly problem?: undefined } | { readonly problem: string };

/**
 * Redis looks from its working directory on the old machine, which is not here. So only the name counts, and the file
 * is looked for beside the one that includes it, be it by its relative path or by its name alone.
 */
function includedFile(args: readonly string[], includers: readonly string[]): Included {
  const includer = includers.at(-1);
  if (args.length !== 1) return { problem: 'include takes one file' };
  const [wanted] = args;
  if (includer === undefined) return { problem: `${wanted} cannot be found from a text; put its lines here` };
  if (/[*?[]/.test(wanted)) return { problem: `${wanted} is a pattern; include the files one by one` };

  const beside = path.dirname(includer);
  const places = [
    ...(path.isAbsolute(wanted) ? [] : [path.join(beside, wanted)]),
    path.join(beside, path.basename(wanted)),
  ];
  const file = places.find((place) => fs.existsSync(place));
  if (file === undefined) return { problem: `${wanted} is not here; copy it to ${beside}, or put its lines here` };
  if (includers.includes(file)) return { problem: `${wanted} includes itself` };
  return { file: path.relative(process.cwd(), file) };
}

// Reads a redis.conf and the files that it includes, in the order in which redis-server sees their lines.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Line, linesOf } from './text';

/** A line and its file. */
export interface ReadLine extends Line {
  readonly file: string;
  /** The included file, whose lines follow, if this line is an include. */
  readonly included?: string;
}

/** The limit of a ConfigMap, fifteen times the size of the redis.conf that comes with Redis. */
const MAX_BYTES = 1024 * 1024;

/** The lines of a file. */
export function* readFile(file: string, includers: readonly string[] = []): Iterable<ReadLine> {
  yield* readBytes(fs.readFileSync(file), file, [...includers, path.resolve(file)]);
}

/** The lines of a file's content. Without the file itself, includes cannot be found. */
export function* readBytes(bytes: Buffer, file: string, includers: readonly string[] = []): Iterable<ReadLine> {
  if (bytes.length > MAX_BYTES) {
    const problem = `the file has ${bytes.length} bytes, and the limit is ${MAX_BYTES}; pass the redis.conf that the servers use`;
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
 * Redis resolves the path from its working directory on the old machine, which is not available here. So the file is
 * searched next to the including one, by its relative path or by its name.
 */
function includedFile(args: readonly string[], includers: readonly string[]): Included {
  const includer = includers.at(-1);
  if (args.length !== 1) return { problem: 'include takes one file' };
  const [wanted] = args;
  if (includer === undefined) return { problem: `${wanted} cannot be included from a text; copy its lines here` };
  if (/[*?[]/.test(wanted)) return { problem: `${wanted} is a pattern; include the files one by one` };

  const beside = path.dirname(includer);
  const places = [
    ...(path.isAbsolute(wanted) ? [] : [path.join(beside, wanted)]),
    path.join(beside, path.basename(wanted)),
  ];
  const file = places.find((place) => fs.existsSync(place));
  if (file === undefined) return { problem: `${wanted} was not found; copy it to ${beside}, or copy its lines here` };
  if (includers.includes(file)) return { problem: `${wanted} includes itself` };
  return { file: path.relative(process.cwd(), file) };
}

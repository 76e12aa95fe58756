// check FILE: is a nutcracker.yml valid, and does it have common pitfalls?

import { type Input } from '../input/pools';
import { examine, type Verdict } from '../input/verdict';

/** Throws only if the file cannot be read; errors in it are part of the result. */
export async function check(file: string, input: Input): Promise<Verdict> {
  return examine(await input.whole(file));
}

// check FILE: whether a nutcracker.yml is valid, and its common pitfalls.

import { type Input } from '../input/pools';
import { examine, type Verdict } from '../input/verdict';

/** Throws only if the file cannot be read; what is wrong in it is the answer. */
export async function check(file: string, input: Input): Promise<Verdict> {
  return examine(await input.whole(file));
}

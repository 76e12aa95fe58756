// Selects the cases that the quick tests run. The long tests run all cases; jest.config.mjs lists the files.

/** Whether the long tests run. */
export const IS_LONG = Boolean(process.env.LONG);

/** All cases, or every nth in the quick tests. */
export function everyNth<T>(n: number, cases: readonly T[]): readonly T[] {
  return IS_LONG ? cases : cases.filter((_, i) => i % n === 0);
}

/** Every nth of the cases, or all with MATRIX. */
export function inMatrix<T>(n: number, cases: readonly T[]): readonly T[] {
  return process.env.MATRIX ? cases : cases.filter((_, i) => i % n === 0);
}

/** A test that is too slow for the quick tests. */
export function longTest(name: string, run: () => Promise<void>): void {
  if (IS_LONG) test(name, run);
}

// A hook that checks the arguments of constructors and static functions. The library sets it; the programs that bundle this
// directory do not, since they call only their own code.

/** Throws for invalid arguments. */
export type ArgumentCheck = (call: string, args: readonly unknown[]) => void;

let check: ArgumentCheck | undefined;

/** Checks every call from now on. */
export function checkArgumentsBy(by: ArgumentCheck): void {
  check = by;
}

/** Checks the arguments of a call such as `HashRing.of`. */
export function checkArguments(call: string, ...args: readonly unknown[]): void {
  check?.(call, args);
}

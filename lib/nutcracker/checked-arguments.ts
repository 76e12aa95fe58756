// Where the library looks at what a constructor or a static function was given. The programs that are bundled with this
// directory have no callers but their own, and nobody looks.

/** Throws for arguments that the function does not take. */
export type ArgumentCheck = (call: string, args: readonly unknown[]) => void;

let check: ArgumentCheck | undefined;

/** Has every call from now on be checked. */
export function checkArgumentsBy(by: ArgumentCheck): void {
  check = by;
}

/** Checks the arguments of a call such as `HashRing.of`. */
export function checkArguments(call: string, ...args: readonly unknown[]): void {
  check?.(call, args);
}

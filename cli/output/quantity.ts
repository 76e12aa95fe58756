// Amounts of memory and storage: as Kubernetes quantities, and as code for fleet.ts.

const UNITS = { Ki: 'kibibytes', Mi: 'mebibytes', Gi: 'gibibytes', Ti: 'tebibytes' } as const;
const FACTOR = 1024n;

/** Why this is not an amount such as `5Gi`; undefined if it is. */
export function quantityProblem(text: string): string | undefined {
  return /^[1-9]\d{0,11}(Ki|Mi|Gi|Ti)$/.test(text) ? undefined : 'write an amount such as 512Mi, 5Gi or 1Ti';
}

/** The bytes of an amount. */
export function bytesIn(quantity: string): bigint {
  const power = Object.keys(UNITS).indexOf(quantity.slice(-2)) + 1;
  return BigInt(quantity.slice(0, -2)) * FACTOR ** BigInt(power);
}

/** The amount in the largest unit that gives an integer, rounded up to kibibytes. */
export function quantityOf(bytes: bigint): string {
  let amount = (bytes + FACTOR - 1n) / FACTOR;
  const units = Object.keys(UNITS);
  while (units.length > 1 && amount % FACTOR === 0n) {
    amount /= FACTOR;
    units.shift();
  }
  return `${amount.toString()}${units[0]}`;
}

/** The amount, rounded up to whole gibibytes. */
export function gibibytesFor(bytes: bigint): string {
  const gibibyte = FACTOR ** 3n;
  return quantityOf(((bytes + gibibyte - 1n) / gibibyte) * gibibyte);
}

/** `Size.gibibytes(5)`. */
export function sizeCode(quantity: string): string {
  return `Size.${UNITS[quantity.slice(-2) as keyof typeof UNITS]}(${quantity.slice(0, -2)})`;
}

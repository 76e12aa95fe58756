// Shares as people read them.

/** A share of 0 to 1 in percent, to three digits; only 0 reads as `0 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

// Shares as percentages.

/** A share of 0 to 1 in percent, to three digits; only 0 becomes `0 %`, and only 1 becomes `100 %`. */
export function percent(share: number): string {
  const rounded = Number((share * 100).toPrecision(3));
  if (rounded < 100 || share === 1) return `${rounded} %`;
  const rest = ((1 - share) * 100).toPrecision(1);
  return `${Number((100 - Number(rest)).toPrecision(12))} %`;
}

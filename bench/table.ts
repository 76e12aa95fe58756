// Prints the figures of benchmarks.

/** Prints a text and right-aligned figures. */
export function row(what: string, ...cells: string[]): void {
  console.log([what.padEnd(54), ...cells.map((cell) => cell.padStart(13))].join('').trimEnd());
}

export function heading(text: string, ...cells: string[]): void {
  console.log('');
  row(text, ...cells);
}

/** The value at this quantile (0 to 1). */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)];
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export const ms = (figure: number): string => `${figure.toFixed(0)} ms`;
export const seconds = (figure: number): string => `${(figure / 1000).toFixed(2)} s`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
export const bytes = (figure: number): string => figure.toLocaleString('en');
export const times = (figure: number): string => `${figure.toFixed(2)} x`;

/** The duration of the work in milliseconds. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// Terminal output of the demo: a live line for each phase, and tables at the end.

const TERMINAL = process.stdout.isTTY;
const FRAME_MS = 100;

function colored(code: number, text: string): string {
  return TERMINAL && process.env.NO_COLOR === undefined ? `\x1b[${code}m${text}\x1b[0m` : text;
}

export const bold = (text: string): string => colored(1, text);
export const dim = (text: string): string => colored(2, text);
export const green = (text: string): string => colored(32, text);
export const red = (text: string): string => colored(31, text);

let muted = false;

export function print(text: string, end = '\n'): void {
  if (!muted) process.stdout.write(`${text}${end}`);
}

/** Suppresses further output, such as errors of programs that are being stopped. */
export function mute(): void {
  muted = true;
}

/** Runs a phase and shows its progress, then its result and duration. Returns the duration in seconds. */
export async function phase(name: string, progress: () => string, work: () => Promise<string>): Promise<number> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const line = (mark: string, text: string): string =>
    `${mark} ${name.padEnd(34)} ${seconds().toFixed(1).padStart(5)} s   ${dim(text)}`;
  const draw = (): void => {
    print(`${clear()}${line('·', progress())}`, '');
  };
  const frames = TERMINAL ? setInterval(draw, FRAME_MS) : undefined;
  try {
    const result = await work();
    print(`${clear()}${line(green('✓'), result)}`);
    return seconds();
  } catch (error) {
    print(`${clear()}${line(red('✗'), 'failed')}`);
    throw error;
  } finally {
    clearInterval(frames);
  }
}

function clear(): string {
  return TERMINAL ? '\r\x1b[K' : '';
}

/** Prints a title, and rows of a name, a figure and a remark. */
export function table(title: string, rows: readonly (readonly [string, string, string?])[]): void {
  const names = Math.max(...rows.map(([name]) => name.length));
  const figures = Math.max(...rows.map(([, figure]) => figure.length));
  print(`\n${bold(title)}`);
  for (const [name, figure, remark = ''] of rows) {
    print(`  ${name.padEnd(names)}   ${bold(figure.padStart(figures))}   ${dim(remark)}`.trimEnd());
  }
}

/** A number with thousands separators. */
export function count(number: number): string {
  return number.toLocaleString('en');
}

// The values that redis-server accepts for a directive, as strict as its own parser (src/config.c and src/util.c).

export interface Values {
  /** What is accepted, for an error message. */
  readonly expected: string;
  /** Whether redis-server starts with these arguments. */
  accepts(args: readonly string[]): boolean;
  /** Whether the directive has several arguments, which may also be one quoted text. */
  readonly several?: boolean;
}

/** No sign except "-", no leading zeros. */
const WHOLE = /^(0|-?[1-9]\d*)$/;
const MEMORY = /^(\d*)(b|k|kb|m|mb|g|gb)?$/i;
const UNITS: Readonly<Record<string, bigint | undefined>> = {
  k: 1000n,
  kb: 1024n,
  m: 1000n ** 2n,
  mb: 1024n ** 2n,
  g: 1000n ** 3n,
  gb: 1024n ** 3n,
};

const within = (value: bigint | undefined, least: bigint, most: bigint) =>
  value !== undefined && least <= value && value <= most;
const wholeOf = (text: string) => (WHOLE.test(text) ? BigInt(text) : undefined);
/** A number as strtoll reads it: leading zeros and a plus are allowed. */
const looseWholeOf = (text: string) => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined);

/** The number of bytes; undefined if the text is not an amount of memory. */
export function bytesOf(text: string): bigint | undefined {
  const match = MEMORY.exec(text) as [string, string, string?] | null;
  return match ? BigInt(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1n) : undefined;
}

function one(expected: string, accepts: (text: string) => boolean): Values {
  return { expected, accepts: (args) => args.length === 1 && accepts(args[0]) };
}

export const TEXT = one('one argument (quote it if it contains spaces)', () => true);

export const YES_NO = oneOf('yes', 'no');

export function oneOf(...words: string[]): Values {
  return one(words.join(', '), (text) => words.includes(text.toLowerCase()));
}

export function whole(least: bigint, most: bigint): Values {
  return one(`a whole number from ${least.toString()} to ${most.toString()}`, (text) =>
    within(wholeOf(text), least, most),
  );
}

export function memory(least: bigint, most: bigint): Values {
  return one(`at least ${least.toString()} bytes, with or without a unit (kb, mb, gb)`, (text) =>
    within(bytesOf(text), least, most),
  );
}

export function percentOrMemory(most: bigint): Values {
  return one('bytes (kb, mb, gb), or 0% to 100%', (text) =>
    text.endsWith('%') ? within(wholeOf(text.slice(0, -1)), 0n, 100n) : within(bytesOf(text), 0n, most),
  );
}

export function eventClasses(characters: string): Values {
  return one(`characters of ${characters}`, (text) =>
    text.split('').every((character) => characters.includes(character)),
  );
}

export function flags(...words: string[]): Values {
  return {
    expected: `some of ${words.join(', ')}, not both save and nosave`,
    several: true,
    accepts: (args) => {
      const given = args.map((arg) => arg.toLowerCase());
      const both = given.includes('save') && given.includes('nosave');
      return given.length > 0 && given.every((word) => words.includes(word)) && !both;
    },
  };
}

export const SAVE_POINTS: Values = {
  expected: 'pairs of seconds (from 1) and changes (from 0), or ""',
  several: true,
  accepts: (args) =>
    (args.length === 1 && args[0] === '') ||
    (args.length % 2 === 0 && args.every((arg, i) => within(looseWholeOf(arg), i % 2 === 0 ? 1n : 0n, 2n ** 31n - 1n))),
};

export const OOM_SCORES: Values = {
  expected: 'three whole numbers from -2000 to 2000',
  several: true,
  accepts: (args) => args.length === 3 && args.every((arg) => within(looseWholeOf(arg), -2000n, 2000n)),
};

export const PERCENTILES: Values = {
  expected: 'numbers from 0 to 100, or ""',
  several: true,
  accepts: (args) => (args.length === 1 && args[0] === '') || args.every(isPercentile),
};

export const BUFFER_LIMITS: Values = {
  expected: 'a class (normal, replica, pubsub), a hard limit, a soft limit and seconds, or several of these',
  several: true,
  accepts: (args) => args.length % 4 === 0 && args.every(isPartOfBufferLimit),
};

function isPartOfBufferLimit(arg: string, i: number): boolean {
  if (i % 4 === 0) return ['normal', 'slave', 'replica', 'pubsub'].includes(arg.toLowerCase());
  return i % 4 === 3 ? within(looseWholeOf(arg), 0n, 2n ** 63n - 1n) : bytesOf(arg) !== undefined;
}

function isPercentile(arg: string): boolean {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(arg) ? Number(arg) : NaN;
  return 0 <= value && value <= 100;
}

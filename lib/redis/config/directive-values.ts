// What redis-server takes as the value of a directive, as strictly as its own parser (src/config.c and src/util.c).

export interface Values {
  /** What is taken, to say in an error. */
  readonly taken: string;
  /** Whether redis-server starts with these arguments. */
  accepts(args: readonly string[]): boolean;
  /** Whether the directive has several arguments; one that holds them all in quotes is the same. */
  readonly several?: boolean;
}

/** No sign but "-", no leading zeros. */
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
/** A number as strtoll reads it: leading zeros and a plus are fine. */
const looseWholeOf = (text: string) => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined);

/** Bytes, or nothing when it is no amount of memory. */
export function bytesOf(text: string): bigint | undefined {
  const match = MEMORY.exec(text) as [string, string, string?] | null;
  return match ? BigInt(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1n) : undefined;
}

function one(taken: string, accepts: (text: string) => boolean): Values {
  return { taken, accepts: (args) => args.length === 1 && accepts(args[0]) };
}

export const TEXT = one('one argument (quote what holds spaces)', () => true);

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
  return one(`bytes from ${least.toString()} on, with a unit or without (kb, mb, gb)`, (text) =>
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
    taken: `some of ${words.join(', ')}, not both save and nosave`,
    several: true,
    accepts: (args) => {
      const given = args.map((arg) => arg.toLowerCase());
      const both = given.includes('save') && given.includes('nosave');
      return given.length > 0 && given.every((word) => words.includes(word)) && !both;
    },
  };
}

export const SAVE_POINTS: Values = {
  taken: 'pairs of seconds (from 1) and changes (from 0), or ""',
  several: true,
  accepts: (args) =>
    (args.length === 1 && args[0] === '') ||
    (args.length % 2 === 0 && args.every((arg, i) => within(looseWholeOf(arg), i % 2 === 0 ? 1n : 0n, 2n ** 31n - 1n))),
};

export const OOM_SCORES: Values = {
  taken: 'three whole numbers from -2000 to 2000',
  several: true,
  accepts: (args) => args.length === 3 && args.every((arg) => within(looseWholeOf(arg), -2000n, 2000n)),
};

export const PERCENTILES: Values = {
  taken: 'numbers from 0 to 100, or ""',
  several: true,
  accepts: (args) => (args.length === 1 && args[0] === '') || args.every(isPercentile),
};

export const BUFFER_LIMITS: Values = {
  taken: 'a class (normal, replica, pubsub), a hard limit, a soft limit and seconds, or several of these',
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

// Keys from a pattern such as `user:{1..100000}`, expanded as in bash, but one at a time.

import { refuse } from '../../lib/nutcracker/config-error';
import { type KeyVisitor } from './key-lines';

/** Literal text or a range. If one bound has leading zeros, all numbers are padded to the width of the wider bound. */
type Part = string | Range;

interface Range {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

/** Text with ranges. Several ranges give every combination; the last one varies fastest. */
export class KeyPattern {
  /** Throws for a pattern without a range, and for braces with an invalid one. */
  static parse(pattern: string): KeyPattern {
    const texts = pattern.split(RANGE);
    const parts: Part[] = [];
    for (let i = 0; i < texts.length; i += 3) {
      refuseInvalidRange(pattern, texts[i]);
      parts.push(texts[i]);
      if (i + 2 < texts.length) parts.push(rangeOf(pattern, texts[i + 1], texts[i + 2]));
    }
    if (parts.length > 1) return new KeyPattern(parts);
    return refuse({
      subject: '--pattern',
      because: `${JSON.stringify(pattern)} has no range`,
      remedy: 'add one, as in user:{1..1000}, or give keys with --keys',
    });
  }

  private constructor(private readonly parts: readonly Part[]) {}

  visit(visit: KeyVisitor): void {
    const longest = this.parts.reduce(
      (sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : LONGEST_NUMBER),
      0,
    );
    const key = Buffer.alloc(longest);
    const fill = (i: number, at: number): void => {
      if (i === this.parts.length) {
        visit(key, 0, at);
        return;
      }
      const part = this.parts[i];
      if (typeof part === 'string') {
        fill(i + 1, at + key.write(part, at));
        return;
      }
      const step = part.from <= part.to ? 1 : -1;
      for (let n = part.from; n !== part.to + step; n += step) {
        fill(i + 1, at + key.write(digits(n, part.width), at, 'latin1'));
      }
    };
    fill(0, 0);
  }
}

const RANGE = /\{(-?\d+)\.\.(-?\d+)\}/;

/** Enough for a sign, the digits of the largest safe integer, and leading zeros. */
const LONGEST_NUMBER = 64;

function rangeOf(pattern: string, from: string, to: string): Range {
  const bounds = [from, to].map(Number);
  if (!bounds.every(Number.isSafeInteger) || from.length > LONGEST_NUMBER || to.length > LONGEST_NUMBER) {
    refuse({
      subject: '--pattern',
      because: `${JSON.stringify(pattern)} has a bound with too many digits`,
      remedy: `stay within ${Number.MAX_SAFE_INTEGER}`,
    });
  }
  const padded = [from, to].some((bound) => /^-?0\d/.test(bound));
  return { from: bounds[0], to: bounds[1], width: padded ? Math.max(from.length, to.length) : 0 };
}

function digits(n: number, width: number): string {
  return n < 0 ? `-${String(-n).padStart(width - 1, '0')}` : String(n).padStart(width, '0');
}

/** Two dots in braces mean a range; other braces are a hash tag. */
function refuseInvalidRange(pattern: string, text: string): void {
  const invalid = /\{[^{}]*\.\.[^{}]*\}/.exec(text);
  if (invalid === null) return;
  refuse({
    subject: '--pattern',
    because: `${invalid[0]} in ${JSON.stringify(pattern)} is not a valid range`,
    remedy: 'write two integers, as in {1..1000} or {0001..1000}',
  });
}

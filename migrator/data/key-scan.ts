// Which keys a server has: all of them a few at a time, or some of them at random.

import { type SendCommands } from '../redis/command-sender';

const BATCH = 128;

/** All keys of the selected database, a batch at a time. A key that is there all the while comes at least once. */
export async function* allKeys(ask: SendCommands): AsyncGenerator<Buffer[]> {
  let cursor = '0';
  do {
    const [answer] = await ask([['SCAN', cursor, 'COUNT', BATCH]]);
    if (answer instanceof Error) throw answer;
    const [next, keys] = answer as [Buffer, Buffer[]];
    if (keys.length > 0) yield keys;
    cursor = next.toString();
  } while (cursor !== '0');
}

/**
 * As many different keys of the selected database as come up when so many are drawn by RANDOMKEY, which costs the server
 * next to nothing. Each key is about equally likely, whatever its age, type and size.
 */
export async function randomKeys(ask: SendCommands, draws: number): Promise<Buffer[]> {
  const found = new Map<string, Buffer>();
  for (let left = draws; left > 0; left -= BATCH) {
    const answers = await ask(Array.from({ length: Math.min(left, BATCH) }, () => ['RANDOMKEY']));
    for (const answer of answers) {
      if (answer instanceof Error) throw answer;
      if (Buffer.isBuffer(answer)) found.set(answer.toString('latin1'), answer);
    }
  }
  return [...found.values()];
}

/** Selects a database. */
export async function select(ask: SendCommands, database: number): Promise<void> {
  const [answer] = await ask([['SELECT', database]]);
  if (answer instanceof Error) throw answer;
}

/** A key as people read it: in quotes, and as text where it is text. */
export function printable(key: Buffer): string {
  const text = key.toString('utf8');
  const isText = !/\p{Cc}/u.test(text) && Buffer.from(text).equals(key);
  const shown = isText ? JSON.stringify(text) : `"${[...key].map(escaped).join('')}"`;
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}

const LONGEST = 200;

function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === '\\') return `\\${character}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

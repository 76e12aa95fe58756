// Lists the keys of a server: all of them in batches, or a random sample.

import { type SendCommands } from '../redis/command-sender';

const BATCH = 128;

/** All keys of the selected database, in batches. A key that exists throughout is returned at least once. */
export async function* allKeys(send: SendCommands, batch = BATCH): AsyncGenerator<Buffer[]> {
  let cursor = '0';
  do {
    const [result] = await send([['SCAN', cursor, 'COUNT', batch]]);
    if (result instanceof Error) throw result;
    const [next, keys] = result as [Buffer, Buffer[]];
    if (keys.length > 0) yield keys;
    cursor = next.toString();
  } while (cursor !== '0');
}

/**
 * The distinct keys of the selected database that RANDOMKEY returns in `draws` calls, which cost the server very little.
 * Every key is about equally likely, regardless of age, type and size.
 */
export async function randomKeys(send: SendCommands, draws: number): Promise<Buffer[]> {
  const found = new Map<string, Buffer>();
  for (let left = draws; left > 0; left -= BATCH) {
    const results = await send(Array.from({ length: Math.min(left, BATCH) }, () => ['RANDOMKEY']));
    for (const result of results) {
      if (result instanceof Error) throw result;
      if (Buffer.isBuffer(result)) found.set(result.toString('latin1'), result);
    }
  }
  return [...found.values()];
}

export async function select(send: SendCommands, database: number): Promise<void> {
  const [result] = await send([['SELECT', database]]);
  if (result instanceof Error) throw result;
}

/** A key for messages: in quotes, as text if it is text. */
export function printable(key: Buffer): string {
  const text = key.toString('utf8');
  const isText = !/\p{Cc}/u.test(text) && Buffer.from(text).equals(key);
  const shown = isText ? JSON.stringify(text) : `"${[...key].map(escaped).join('')}"`;
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}

const MAX_SHOWN = 200;

function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === '\\') return `\\${character}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

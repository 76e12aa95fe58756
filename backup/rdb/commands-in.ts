// The commands that a client sends, as words.

import { type Socket } from 'node:net';
import { ByteReader } from './byte-reader';

/** Until the connection ends. Throws if the client sends anything else. */
export async function* commandsIn(socket: Socket): AsyncGenerator<string[]> {
  const reader = new ByteReader(socket);
  for (;;) {
    const line = await reader.line().catch(() => undefined);
    if (line === undefined) return;
    const count = /^\*(\d{1,4})$/.exec(line)?.[1];
    if (count === undefined) throw new Error(`it sent ${JSON.stringify(line)} instead of a command`);
    const words: string[] = [];
    for (let i = 0; i < Number(count); i++) {
      const length = /^\$(\d{1,6})$/.exec(await reader.line())?.[1];
      if (length === undefined) throw new Error('it sent no command');
      words.push((await reader.exactly(Number(length) + 2)).toString('utf8', 0, Number(length)));
    }
    if (words.length > 0) yield words;
  }
}

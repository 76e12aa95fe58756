// Reads a file with the INFO of several servers, each after a line `== HOST:PORT`.

import { objectionsOf, refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { InputError } from '../output/input-error';
import { type Input } from './pools';
import { ServerInfo, type Source } from './server-info';

const HEADER = /^== *(.*)$/;

/** The servers in a file; throws the errors of all of them. */
async function readInfoFile(given: string, input: Input): Promise<ServerInfo[]> {
  const { name: file, bytes } = await input.whole(given);
  return serversIn(Buffer.from(bytes).toString(), file);
}

/** One sample of a fleet or two, each a file. */
export async function readSamples(given: readonly string[], input: Input): Promise<ServerInfo[][]> {
  if (given.length > 2) {
    throw new InputError([`--info is given ${given.length} times; give one sample, or two for the growth`]);
  }
  const samples: ServerInfo[][] = [];
  for (const file of given) samples.push(await readInfoFile(file, input));
  return samples;
}

/** The servers in the text of a file. */
export function serversIn(text: string, file: string): ServerInfo[] {
  const sections = sectionsOf(text, file);
  const servers: ServerInfo[] = [];
  refuseAny(
    sections.flatMap(({ name, lines, source }) =>
      objectionsOf(() => {
        servers.push(ServerInfo.of(name, lines, source));
      }),
    ),
  );
  return servers;
}

interface Section {
  readonly name: string;
  readonly lines: string[];
  readonly source: Source;
}

function sectionsOf(text: string, file: string): Section[] {
  const sections: Section[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const name = HEADER.exec(line)?.[1].trim();
    if (name !== undefined) sections.push({ name, lines: [], source: { file, line: i + 1 } });
    else if (sections.length > 0) sections[sections.length - 1].lines.push(line);
    else if (line.trim() !== '') {
      const because = 'there is no line "== HOST:PORT" before the first INFO, so the server is not known';
      refuse({ file, line: i + 1, because, remedy: 'write such a line before the INFO of each server' });
    }
  }
  if (sections.length > 0) return sections;
  return refuse({ file, because: 'it is empty', remedy: 'give the INFO of every server of the pool' });
}

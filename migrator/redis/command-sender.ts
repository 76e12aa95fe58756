// Ways to put commands to a server whose answers are bytes: plainly, or past the fence that keeps reads from it.

import { type CommandLine, type RedisServer, ServerError } from './server';
import { type Version } from './version';

/** Sends commands and gives the answer to each, in bytes; an error among them is one of the answers. */
export type SendCommands = (commands: readonly CommandLine[]) => Promise<unknown[]>;

export function directSender(server: RedisServer): SendCommands {
  return (commands) => server.eachInBytes(commands);
}

/**
 * A fenced server refuses reads. It is opened for as many commands as fit into one packet of the network: a server runs
 * what it receives together before it listens to anybody else, so that no client reads in between, and the last commands
 * close it again even if this program is gone by then.
 */
export function senderThroughFence(server: RedisServer, version: Version): SendCommands {
  let found: Promise<ReadAccess> | undefined;
  return async (commands) => {
    const { open, close } = await (found ??= readAccessOf(server, version));
    const room = PACKET_BYTES - sizeOf([...open, ...close]);
    const answers: unknown[] = [];
    for (const group of groupsThatFit(commands, room)) {
      const all = await server.eachInBytes([...open, ...group, ...close]);
      const own = all.splice(open.length, group.length);
      for (const answer of all) if (answer instanceof Error) throw answer;
      answers.push(...own);
    }
    return answers;
  };
}

/** What opens a server, and closes it again. */
interface ReadAccess {
  readonly open: readonly CommandLine[];
  readonly close: readonly CommandLine[];
}

/** What followed its new server once may have closed its reads to everybody besides. */
async function readAccessOf(server: RedisServer, version: Version): Promise<ReadAccess> {
  const setting = version.usesReplicaNames ? 'replica-serve-stale-data' : 'slave-serve-stale-data';
  const open: CommandLine[] = [['CONFIG', 'SET', setting, 'yes']];
  const close: CommandLine[] = [['CONFIG', 'SET', setting, 'no']];
  const [, answer] = await server.each([...open, ['EXISTS', 'key'], ...close]);
  if (!(answer instanceof ServerError && answer.code === 'NOPERM')) return { open, close };
  return {
    open: [...open, ['ACL', 'SETUSER', 'default', '+@read']],
    close: [['ACL', 'SETUSER', 'default', '-@read'], ...close],
  };
}

/** What fits into a packet of nearly every network, IPv6 and tunnels included. */
const PACKET_BYTES = 1200;

/** The most bytes that the protocol adds to an argument. */
const FRAME_BYTES = 12;

function sizeOf(commands: readonly CommandLine[]): number {
  const words = commands.flatMap((command) => command.map((it) => FRAME_BYTES + Buffer.byteLength(it.toString())));
  return words.reduce((sum, size) => sum + size, FRAME_BYTES * commands.length);
}

/** Commands in their order, as many together as there is room for, and at least one. */
function groupsThatFit(commands: readonly CommandLine[], room: number): CommandLine[][] {
  const groups: CommandLine[][] = [];
  let left = 0;
  for (const command of commands) {
    const size = sizeOf([command]);
    if (size > left || groups.length === 0) {
      groups.push([]);
      left = room;
    }
    groups[groups.length - 1].push(command);
    left -= size;
  }
  return groups;
}

// Ways to send commands to a server and get results in bytes: directly, or through the fence, which refuses reads.

import { type CommandLine, type RedisServer, ServerError } from './server';
import { type Version } from './version';

/** Sends commands and returns the result of each, in bytes. A command that failed has its error as the result. */
export type SendCommands = (commands: readonly CommandLine[]) => Promise<unknown[]>;

export function directSender(server: RedisServer): SendCommands {
  return (commands) => server.eachInBytes(commands);
}

/**
 * A fenced server refuses reads. It is opened for as many commands as fit into one network packet. A server runs what it
 * receives together before it serves another client, so no client reads in between. The last commands close it again, even
 * if this program has died by then.
 */
export function senderThroughFence(server: RedisServer, version: Version): SendCommands {
  let access: Promise<ReadAccess> | undefined;
  return async (commands) => {
    const { open, close } = await (access ??= readAccessOf(server, version));
    const maxBytes = PACKET_BYTES - sizeOf([...open, ...close]);
    const results: unknown[] = [];
    for (const group of groupsThatFit(commands, maxBytes)) {
      const all = await server.eachInBytes([...open, ...group, ...close]);
      const own = all.splice(open.length, group.length);
      for (const result of all) if (result instanceof Error) throw result;
      results.push(...own);
    }
    return results;
  };
}

/** The commands that open a server to reads and close it again. */
interface ReadAccess {
  readonly open: readonly CommandLine[];
  readonly close: readonly CommandLine[];
}

/** On a server that has followed its new server, the default user may lack the right to read as well. */
async function readAccessOf(server: RedisServer, version: Version): Promise<ReadAccess> {
  const setting = version.usesReplicaNames ? 'replica-serve-stale-data' : 'slave-serve-stale-data';
  const open: CommandLine[] = [['CONFIG', 'SET', setting, 'yes']];
  const close: CommandLine[] = [['CONFIG', 'SET', setting, 'no']];
  const [, result] = await server.each([...open, ['EXISTS', 'key'], ...close]);
  if (!(result instanceof ServerError && result.code === 'NOPERM')) return { open, close };
  return {
    open: [...open, ['ACL', 'SETUSER', 'default', '+@read']],
    close: [['ACL', 'SETUSER', 'default', '-@read'], ...close],
  };
}

/** Fits into one packet on nearly every network, including IPv6 and tunnels. */
const PACKET_BYTES = 1200;

/** The protocol adds at most this many bytes to an argument. */
const FRAME_BYTES = 12;

function sizeOf(commands: readonly CommandLine[]): number {
  const words = commands.flatMap((command) => command.map((it) => FRAME_BYTES + Buffer.byteLength(it.toString())));
  return words.reduce((sum, size) => sum + size, FRAME_BYTES * commands.length);
}

/** Groups of consecutive commands: as many as fit, and at least one. */
function groupsThatFit(commands: readonly CommandLine[], maxBytes: number): CommandLine[][] {
  const groups: CommandLine[][] = [];
  let left = 0;
  for (const command of commands) {
    const size = sizeOf([command]);
    if (size > left || groups.length === 0) {
      groups.push([]);
      left = maxBytes;
    }
    groups[groups.length - 1].push(command);
    left -= size;
  }
  return groups;
}

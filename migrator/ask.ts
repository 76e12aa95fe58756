// Ways to put commands to a server whose answers are bytes: plainly, or past the fence that keeps reads from it.

import { type CommandLine, type RedisServer } from './server';
import { type Version } from './version';

/** Sends commands and gives the answer to each, in bytes; an error among them is one of the answers. */
export type Ask = (commands: readonly CommandLine[]) => Promise<unknown[]>;

export function plainly(server: RedisServer): Ask {
  return (commands) => server.eachInBytes(commands);
}

/**
 * A fenced server refuses reads. It is opened for as many commands as fit into one packet of the network: a server runs
 * what it receives together before it listens to anybody else, so that no client reads in between, and the last command
 * closes it again even if this program is gone by then.
 */
export function pastTheFence(server: RedisServer, version: Version): Ask {
  const setting = version.saysReplica ? 'replica-serve-stale-data' : 'slave-serve-stale-data';
  const open: CommandLine = ['CONFIG', 'SET', setting, 'yes'];
  const close: CommandLine = ['CONFIG', 'SET', setting, 'no'];
  const room = PACKET_BYTES - sizeOf(open) - sizeOf(close);
  return async (commands) => {
    const answers: unknown[] = [];
    for (const group of groupsOf(commands, room)) {
      const [opened, ...rest] = await server.eachInBytes([open, ...group, close]);
      const closed = rest.pop();
      if (opened instanceof Error) throw opened;
      if (closed instanceof Error) throw closed;
      answers.push(...rest);
    }
    return answers;
  };
}

/** What fits into a packet of nearly every network, IPv6 and tunnels included. */
const PACKET_BYTES = 1200;

/** The most bytes that the protocol adds to an argument. */
const FRAME_BYTES = 12;

function sizeOf(command: CommandLine): number {
  return command.reduce<number>((sum, it) => sum + FRAME_BYTES + Buffer.byteLength(it.toString()), FRAME_BYTES);
}

/** Commands in their order, as many together as there is room for, and at least one. */
function groupsOf(commands: readonly CommandLine[], room: number): CommandLine[][] {
  const groups: CommandLine[][] = [];
  let left = 0;
  for (const command of commands) {
    const size = sizeOf(command);
    if (size > left || groups.length === 0) {
      groups.push([]);
      left = room;
    }
    groups[groups.length - 1].push(command);
    left -= size;
  }
  return groups;
}

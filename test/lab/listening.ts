// Where a program listens, as the kernel knows it.

import * as fs from 'node:fs';
import * as net from 'node:net';
import { type Program } from './lab';

interface Listening {
  readonly program: string;
  /** As the kernel has it: hexadecimal, with the bytes of a word reversed. */
  readonly address: string;
  readonly port: number;
}

const LOOPBACK = '0100007F';

/** The TCP ports of these programs that are reachable from outside their pod. */
export function reachablePorts(programs: readonly Program[]): Listening[] {
  const found = programs.flatMap((program) => listening(program)).filter(({ address }) => address !== LOOPBACK);
  // A program may listen on a port for IPv4 and for IPv6.
  return [...new Map(found.map((it) => [it.port, it])).values()];
}

function listening({ name, child }: Program): Listening[] {
  const directory = `/proc/${String(child.pid)}/fd`;
  const sockets = fs.readdirSync(directory).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`${directory}/${fd}`))?.[1] ?? [];
    } catch {
      return []; // It was closed meanwhile.
    }
  });
  const lines = ['tcp', 'tcp6'].flatMap((file) =>
    fs.readFileSync(`/proc/net/${file}`, 'utf8').trim().split('\n').slice(1),
  );
  return lines.flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== '0A' || !sockets.includes(inode)) return [];
    const [address, port] = local.split(':');
    return [{ program: name, address, port: parseInt(port, 16) }];
  });
}

/** The first bytes that a port replies to a PING without TLS; empty if it closes the connection. Waits for either: a slow server is not a closed one. */
export async function replyToPing(port: number, host = '127.0.0.1'): Promise<string> {
  const socket = net.connect(port, host).on('error', () => undefined);
  // As an array: nutcracker has no inline commands.
  socket.write('*1\r\n$4\r\nPING\r\n');
  let reply = '';
  socket.once('data', (data: Buffer) => {
    reply = data.toString('latin1');
    socket.destroy();
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return reply;
}

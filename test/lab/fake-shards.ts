// Servers and Sentinels with given replies, on addresses of their own in 127.0.0.0/8: many shards behind one bridge.

import * as net from 'node:net';
import { freePorts } from './lab';

/** What a server reports about replication, and whether it runs. */
export interface FakeServer {
  /** The text of INFO replication. */
  info: string;
}

/** The replies of one shard. */
export interface FakeShard {
  readonly a: FakeServer;
  readonly b: FakeServer;
  /** What each Sentinel replies, in RESP. */
  votes: [string, string, string];
}

/** A server on which nothing listens. */
export const DOWN: FakeServer = { info: '' };

/** The ports of all servers a, of all servers b, and of the Sentinels. */
export interface FakePorts {
  readonly a: number;
  readonly b: number;
  readonly sentinel: number;
}

/** Different free ports. */
export async function fakePorts(): Promise<FakePorts> {
  const [a, b, sentinel] = await freePorts(3);
  return { a, b, sentinel };
}

/** The reply of a Sentinel that names a server. */
export function vote(host: string, port: number | string): string {
  return `*2\r\n$${host.length}\r\n${host}\r\n$${String(port).length}\r\n${port}\r\n`;
}

/** INFO replication of a master, as Redis 7 writes it. */
export function master(): string {
  const rest = 'master_failover_state:no-failover\r\nmaster_replid:0123\r\nmaster_repl_offset:14\r\n';
  return `# Replication\r\nrole:master\r\nconnected_slaves:0\r\n${rest}`;
}

/** INFO replication of a replica of a server on that port. */
export function replica(port: number | string, { host = '127.0.0.1', link = 'up', role = 'slave' } = {}): string {
  const rest =
    'master_last_io_seconds_ago:0\r\nmaster_sync_in_progress:0\r\nslave_repl_offset:14\r\nconnected_slaves:0\r\n';
  return `# Replication\r\nrole:${role}\r\nmaster_host:${host}\r\nmaster_port:${port}\r\nmaster_link_status:${link}\r\n${rest}`;
}

/** Runs the shards. */
export class FakeShards {
  private readonly servers: net.Server[] = [];

  private constructor(
    readonly shards: readonly FakeShard[],
    readonly ports: FakePorts,
    private readonly password: string,
  ) {}

  static async start(shards: readonly FakeShard[], ports: FakePorts, password = ''): Promise<FakeShards> {
    const it = new FakeShards(shards, ports, password);
    for (const [n, { a, b }] of shards.entries()) {
      if (a !== DOWN) await it.listen(`127.0.1.${n + 1}`, ports.a, (words) => it.redis('a', a, words));
      if (b !== DOWN) await it.listen(`127.0.2.${n + 1}`, ports.b, (words) => it.redis('b', b, words));
    }
    for (const i of [0, 1, 2] as const) {
      await it.listen(`127.0.3.${i + 1}`, ports.sentinel, ([command, , name]) =>
        command === 'SENTINEL' ? shards[Number(name.replace('shard-', ''))].votes[i] : undefined,
      );
    }
    return it;
  }

  /** `host:port` of both servers of each shard. */
  get addresses(): { a: string; b: string }[] {
    const { a, b } = this.ports;
    return this.shards.map((_, n) => ({ a: `127.0.1.${n + 1}:${a}`, b: `127.0.2.${n + 1}:${b}` }));
  }

  /** `host:port` of the Sentinels. */
  get sentinels(): string[] {
    return [1, 2, 3].map((i) => `127.0.3.${i}:${this.ports.sentinel}`);
  }

  close(): void {
    for (const server of this.servers) server.close();
  }

  private redis(name: string, server: FakeServer, [command]: string[]): string | undefined {
    if (command === 'GET') return `$1\r\n${name}\r\n`;
    return command === 'INFO' ? `$${server.info.length}\r\n${server.info}\r\n` : undefined;
  }

  /** Answers the inline commands of a bridge, and its AUTH in RESP; closes the connection after QUIT, or after a syntax error. */
  private async listen(host: string, port: number, answer: (words: string[]) => string | undefined): Promise<void> {
    const server = net.createServer((socket) => {
      let text = '';
      let isIn = this.password === '';
      /** In two packets: a check must not judge the first. */
      const send = (reply: string): void => {
        const half = Math.ceil(reply.length / 2);
        for (const part of [reply.slice(0, half), reply.slice(half)]) socket.write(part);
      };
      let isBlocked = false;
      const answerLines = (): void => {
        for (
          let end = text.indexOf('\r\n');
          end >= 0 && !text.startsWith('*2') && !isBlocked;
          end = text.indexOf('\r\n')
        ) {
          const words = text.slice(0, end).split(' ');
          text = text.slice(end + 2);
          if (words[0] === 'QUIT' || words[0] === '*x') {
            send(words[0] === 'QUIT' ? '+OK\r\n' : '-ERR Protocol error: invalid multibulk length\r\n');
            socket.end();
            return;
          }
          if (words[0] === 'XREAD' && isIn) {
            isBlocked = true;
            setTimeout(() => {
              isBlocked = false;
              send('*-1\r\n');
              answerLines();
            }, Number(words[2]));
            return;
          }
          send(isIn ? (answer(words) ?? '-ERR unknown command\r\n') : '-NOAUTH Authentication required.\r\n');
        }
      };
      socket.setNoDelay(true).on('error', () => undefined);
      socket.setEncoding('utf8').on('data', (data: string) => {
        text += data;
        const login = /^(?:\*2\r\n\$4\r\nAUTH\r\n\$\d+\r\n|AUTH )(.*)\r\n/.exec(text);
        if (login) {
          text = text.slice(login[0].length);
          isIn = login[1] === this.password;
          send(isIn ? '+OK\r\n' : '-WRONGPASS invalid username-password pair\r\n');
        }
        answerLines();
      });
    });
    this.servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
  }
}

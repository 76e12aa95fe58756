// A Sentinel that gives whatever answer a test wants, or none.

import { once } from 'node:events';
import * as net from 'node:net';
import { freePort } from './lab';

/** The address that it names, nil, an error, or no reply at all although it accepts connections. */
export type Answer = readonly [string, number] | 'nil' | `-${string}` | 'silence';

export class FakeSentinel {
  /** How often it was asked. */
  asked = 0;
  /** Whether it is replacing the master. */
  failsOver = false;
  /** How many replicas it says that the master has; it says nothing by default. */
  replicas?: number;
  private readonly sockets = new Set<net.Socket>();

  static async start(answer: Answer): Promise<FakeSentinel> {
    const port = await freePort();
    const fake = new FakeSentinel(port, answer);
    fake.server.listen(port, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  private readonly server = net.createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      const isAsked = data.includes('GET-MASTER-ADDR-BY-NAME');
      if (isAsked) this.asked++;
      if (this.answer !== 'silence') socket.write(isAsked ? reply(this.answer) : this.rest(data.includes('MASTER')));
    });
  });

  private rest(isAboutMaster: boolean): string {
    if (isAboutMaster && this.failsOver) return '+master,s_down,o_down,failover_in_progress\r\n';
    if (isAboutMaster && this.replicas !== undefined) return reply(['num-slaves', this.replicas]);
    return '+OK\r\n';
  }

  private constructor(
    readonly port: number,
    public answer: Answer,
  ) {}

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

function reply(answer: Exclude<Answer, 'silence'>): string {
  if (answer === 'nil') return '*-1\r\n';
  if (typeof answer === 'string') return `${answer}\r\n`;
  return `*2\r\n${answer.map((word) => `$${String(word).length}\r\n${word}\r\n`).join('')}`;
}

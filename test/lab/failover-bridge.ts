// A failover bridge in a lab, and its clients.

import * as net from 'node:net';
import { FailoverBridge, type FailoverBridgeProps } from '../../lib';
import { accepts, freePorts, type Lab, type Program, until } from './lab';

export class LabFailoverBridge {
  private program?: Program;

  private constructor(
    private readonly lab: Lab,
    /** The port of the health endpoint. */
    readonly health: number,
    private readonly ports: readonly number[],
    private readonly password: string,
  ) {}

  /** Writes the files of the bridge. Its listeners get free ports instead of consecutive ones. */
  static async write(
    lab: Lab,
    props: FailoverBridgeProps,
    { password = '', change = (cfg: string): string => cfg } = {},
  ): Promise<LabFailoverBridge> {
    const [health, ...ports] = await freePorts(1 + props.shards.length);
    const bridge = new FailoverBridge({
      ...props,
      options: { ...props.options, firstPort: 2000, healthPort: health },
      password: password === '' ? undefined : { name: 'secret' },
    });
    const cfg = bridge._haproxyConfig('127.0.0.1').replace('/etc/bridge', lab.dir);
    const bind = /bind 127\.0\.0\.1:(2\d{3})$/gm;
    lab.write('haproxy.cfg', change(cfg.replace(bind, (_, port) => `bind 127.0.0.1:${ports[Number(port) - 2000]}`)));
    lab.write('stopped-servers', bridge._stoppedServers());
    return new LabFailoverBridge(lab, health, ports, password);
  }

  /** Starts it, or starts it again. */
  async start(): Promise<Program> {
    await this.program?.stop('SIGKILL');
    const env = { ...process.env, REDIS_PASSWORD: this.password, RES_OPTIONS: 'attempts:0' };
    this.program = this.lab.start('haproxy', ['-db', '-f', 'haproxy.cfg'], { env });
    return this.program.ready(() => accepts(this.health));
  }

  /** Its process. */
  get process(): Program {
    if (!this.program) throw new Error('the bridge was not started');
    return this.program;
  }

  /** A connection that stays open, to a shard without a password. `ask` returns undefined when it has been closed. */
  connection(shard: number): { ask(command: string): Promise<string | undefined> } {
    const socket = net.connect(this.ports[shard], '127.0.0.1').on('error', () => undefined);
    return {
      ask: (command) =>
        new Promise((resolve) => {
          const closed = (): void => {
            resolve(undefined);
          };
          if (socket.destroyed || socket.readableEnded) closed();
          socket.once('close', closed).once('data', (data) => {
            socket.removeListener('close', closed);
            resolve(String(data));
          });
          socket.write(`${command}\r\n`);
        }),
    };
  }

  /** The last bulk string in the reply to a command, sent on a connection of its own; undefined while the shard has no server. */
  async ask(shard: number, command: string): Promise<string | undefined> {
    const socket = net.connect(this.ports[shard], '127.0.0.1').setTimeout(2000, () => socket.destroy());
    const login = this.password === '' ? '' : `AUTH ${this.password}\r\n`;
    let reply = '';
    try {
      socket.write(`${login}${command}\r\n`);
      for await (const data of socket) {
        reply += String(data);
        const found = /\$\d+\r\n(.*)\r\n$/.exec(reply);
        if (found) return found[1];
      }
    } catch {
      // Refused, or reset.
    } finally {
      socket.destroy();
    }
    return undefined;
  }

  /** The states of the servers of a proxy section, such as `UP` and `DOWN`, by name. */
  async states(section: string): Promise<Record<string, string>> {
    const servers = (await this.statistics()).filter(
      ([proxy, name]) => proxy === section && name !== 'FRONTEND' && name !== 'BACKEND',
    );
    return Object.fromEntries(servers.map((row) => [row[1], row[17].split(' ')[0]]));
  }

  /** Waits until each master has asked that often for its confirmation, on average three times as often as others are checked. */
  async checked(times: number): Promise<void> {
    const done = async (): Promise<number> =>
      Number((await this.statistics()).find(([proxy]) => proxy === 'confirmations')?.[7]);
    const end = (await done()) + times * 3 * this.ports.length;
    await until('the servers were checked', async () => (await done()) > end);
  }

  private async statistics(): Promise<string[][]> {
    const response = await fetch(`http://127.0.0.1:${this.health}/;csv`);
    return (await response.text()).split('\n').map((line) => line.split(','));
  }

  /** The status of its health endpoint. */
  async status(place: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.health}${place}`);
    await response.text();
    return response.status;
  }

  async stop(): Promise<void> {
    await this.program?.stop('SIGKILL');
  }
}

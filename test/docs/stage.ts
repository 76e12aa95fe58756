// The environment for the examples of docs/migrate.md and docs/faults.md: a fleet of three shards during its migration,
// and programs that use the names in the documents.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Lab, until } from '../lab/lab';
import { LabMove } from '../lab/move';
import { shell } from './console';

/** The documents. */
export const STAGED = ['docs/migrate.md', 'docs/faults.md'];

/** The ring names of the old servers, which determine the shard of each key. */
const RING = ['redis-a:6379', 'redis-b:6379', 'redis-c:6379'];
const KEYS = 90;

const PASSWORD = 'not telling';
const BUILD = path.join(__dirname, '..', '..', 'build');

/** The address and current port of the forgotten application. */
const UNEXPECTED_CLIENT = /127\.0\.0\.2:\d+/g;

/** An event between two commands: `<!-- meanwhile: NAME -->` in the document. */
type Meanwhile = (stage: Stage) => unknown;

const MEANWHILE: Record<string, Meanwhile> = {
  'a forgotten application is connected to redis-b': async (stage) => {
    stage.unexpectedClient = await stage.move.unexpectedClient(1);
  },
  'the forgotten application is pointed at the new proxies': (stage) => stage.unexpectedClient?.destroy(),
  'the next cutover is killed when the old server is fenced': (stage) => {
    stage.signalAt = 'cutover.demoted SIGKILL';
  },
  'the old proxies are stopped': ({ move }) => move.old.stopProxy(),
  'the proxies are rolled out without the bridge': ({ move }) => move.rollOut(),
  'everything has moved': async ({ move }) => {
    await move.old.stopProxy();
    await move.run('sync');
    await move.run('cutover');
  },
  'shard 2 is back with its old server, and in sync': async ({ move }) => {
    await move.run('rollback', '--shards', '2', '--accept-loss');
    await move.run('sync', '--shards', '2');
  },
  'redis-c is gone': ({ move }) => move.old.stop(2, 'SIGKILL'),
  'shard-0 is gone': ({ move }) => move.fleet.stopShard(0, 'SIGKILL'),
  'another program removes the fence of redis-b': async ({ move }) => {
    const client = move.old.serverClient(1);
    await client.call('REPLICAOF', 'NO', 'ONE');
    client.disconnect();
  },
};

export class Stage {
  unexpectedClient?: { destroy: () => void };
  /** Where to kill the next command of the migrator. */
  signalAt?: string;

  static async set(lab: Lab): Promise<Stage> {
    const fleet = { secretValue: PASSWORD, migration: { syncsPerSourceHost: 1 } };
    const move = await LabMove.of(lab, { servers: RING.length, password: PASSWORD, ringNames: RING, fleet });
    await move.start();
    await move.old.startProxy();
    const client = move.old.client();
    await Promise.all(Array.from({ length: KEYS }, (_, n) => client.set(`cart:${n}:items`, `${n} items`)));
    client.disconnect();
    return new Stage(lab, move);
  }

  private constructor(
    private readonly lab: Lab,
    readonly move: LabMove,
  ) {
    move.fleet.planFile();
    fs.mkdirSync(this.bin);
    lab.write('nutcracker.yml', move.old.nutcrackerYaml);
    this.program('migrator', `exec ${process.execPath} ${BUILD}/migrator/migrator.mjs "$@"`);
    this.program('cdk8s-twemproxy', `exec ${process.execPath} ${BUILD}/cli/main.js "$@"`);
  }

  /** Makes an event of the document happen. */
  async meanwhile(what: string): Promise<void> {
    if (!(what in MEANWHILE)) throw new Error(`unknown event: ${what}`);
    await MEANWHILE[what](this);
  }

  /** Runs a command of the document, and returns its output with the names in the document. */
  async run(command: string): Promise<string> {
    this.program('redis-cli', `port=\ncase "$2" in ${this.cases().join(' ')} esac\nshift 2\n${this.redisCli}`);
    const env = {
      ...process.env,
      PATH: `${this.bin}:${process.env.PATH ?? ''}`,
      REDIS_PASSWORD: PASSWORD,
      REDISCLI_AUTH: PASSWORD,
      CDK8S_TWEMPROXY_SIGNAL_AT: this.signalAt,
    };
    if (command.startsWith('migrator cutover')) this.signalAt = undefined;
    const printed = await this.printed(command, env);
    return [...this.ports()].reduce(
      (text, [name, port]) => text.replaceAll(`127.0.0.1:${port}`, `${name}:6379`),
      printed.replace(UNEXPECTED_CLIENT, '10.20.9.14:41234'),
    );
  }

  /** A bridge needs some checks to follow the roles, and a proxy closes connections to a slow server: retry until there is a reply. */
  private async printed(command: string, env: NodeJS.ProcessEnv): Promise<string> {
    let printed = await shell(command, env, this.lab.dir);
    if (!/^redis-cli -h (old|new)-proxy/.test(command)) return printed;
    await until('a proxy replies', async () => {
      if (!/^(MASTERDOWN|READONLY|ERR)/.test(printed)) return true;
      printed = await shell(command, env, this.lab.dir);
      return false;
    });
    return printed;
  }

  private get bin(): string {
    return path.join(this.lab.dir, 'story');
  }

  private get redisCli(): string {
    return `PATH='${process.env.PATH ?? ''}' exec redis-cli -p "$port" "$@"`;
  }

  private program(name: string, body: string): void {
    fs.writeFileSync(path.join(this.bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  private cases(): string[] {
    return [...this.ports()].map(([name, port]) => `${name}) port=${port};;`);
  }

  /** The port of each server and proxy, by its name in the document. */
  private ports(): Map<string, number> {
    const { old, fleet, proxyPorts, ordinals } = this.move;
    return new Map([
      ...ordinals.map((n) => [RING[n].replace(':6379', ''), old.portOf(n)] as const),
      ...ordinals.map((n) => [`shard-${n}`, fleet.portOf(n)] as const),
      ['old-proxy', old.proxyPort],
      ['new-proxy', proxyPorts[0]],
    ]);
  }
}

// What a repository is made from: what the files say, and what has to be asked.

import * as path from 'node:path';
import { documentAt } from '../../../lib/common/documents';
import {
  cidrProblem,
  imageProblem,
  namespaceProblem,
  nameProblem,
  pathProblem,
  serverProblem,
  subdomainProblem,
} from '../../../lib/common/kubernetes-values';
import { type NutcrackerPool } from '../../../lib/nutcracker';
import { FleetShards } from '../../../lib/nutcracker/fleet-shards';
import { type LiveFleet } from './live-fleet';
import { DEFAULT_REDIS_IMAGE } from '../../../lib/redis/config/server-version';
import { InputError } from '../../output/input-error';
import { bytesIn, gibibytesFor, quantityOf, quantityProblem } from './quantity';
import { type Questions } from './questions';

/** Where the shards keep their data. */
export type Storage =
  | { readonly server: string; readonly path: string; readonly capacity: string }
  | { readonly storageClass: string; readonly capacity: string };

/** Everything that main.ts says of a fleet. */
export interface Settings {
  readonly fleet: string;
  readonly namespace: string;
  /** The Secret with the password; nothing for a pool without one. */
  readonly secret?: string;
  /** The Secret with the other names of commands; nothing where every command has its own. */
  readonly renamedCommands?: string;
  readonly storage: Storage;
  readonly memory: string;
  /** Nothing where the old servers had no limit. */
  readonly maxmemory?: string;
  readonly image: string;
  /** The image of the shards. */
  readonly redisImage: string;
  /** The ports of the proxies by pool, where they cannot be those of the old ones. */
  readonly proxyPorts: Readonly<Record<string, number>>;
  readonly proxyNetworks: readonly string[];
}

/** The longest of the names that are made of a fleet's, `<fleet>-move-preflight-<hash>`, has to fit in a label. */
export const LONGEST_FLEET_NAME = 39;

/** Asks in the order in which a person thinks of them. */
export async function settingsOf(live: LiveFleet, questions: Questions, taken: ReadonlySet<string>): Promise<Settings> {
  const { pools, redisConf } = live;
  const fleet = await questions.answer({
    option: 'fleet',
    text: 'Name of the fleet',
    suggestion: untaken(fleetName(live), taken),
    problem: (name) =>
      nameProblem(name, LONGEST_FLEET_NAME) ??
      (taken.has(name) ? 'there is a fleet of that name already; take another' : undefined),
  });
  const namespace = await questions.answer({
    option: 'namespace',
    text: 'Namespace, which is created',
    suggestion: fleet,
    problem: namespaceProblem,
  });
  const secret =
    pools[0].redisAuth === undefined
      ? undefined
      : await questions.answer({
          option: 'secret',
          text: 'Name of the Secret that will hold the password',
          suggestion: `${fleet}-redis`,
          problem: subdomainProblem,
        });
  const maxmemory = redisConf?.maxmemory;
  const memory = await questions.answer({
    option: 'memory',
    text: 'Memory of a shard',
    suggestion: maxmemory === undefined ? '1Gi' : memoryFor(maxmemory),
    problem: (answer) => quantityProblem(answer) ?? tooLittle(answer, maxmemory),
  });
  const storage = await storageOf(questions, memory, new FleetShards(pools).lines.length);
  const image = await questions.answer({
    option: 'proxy-image',
    text: `Image of the proxies (how to build one: ${documentAt('images/twemproxy/README.md')})`,
    problem: imageProblem,
  });
  const redisImage = await redisImageOf(live, questions);
  const networks = await questions.answer({
    option: 'proxy-networks',
    text: 'Networks from which the old servers will see the proxies, such as 10.20.64.0/20 (may be left for later)',
    suggestion: '',
    problem: (answer) => listOf(answer).flatMap((block) => cidrProblem(block) ?? [])[0],
  });
  questions.finish();
  return {
    fleet,
    namespace,
    secret,
    renamedCommands: (redisConf?.renamed ?? []).length > 0 ? `${fleet}-renamed-commands` : undefined,
    storage,
    memory,
    maxmemory: maxmemory === undefined ? undefined : quantityOf(maxmemory),
    image,
    redisImage,
    proxyPorts: proxyPorts(live),
    proxyNetworks: listOf(networks),
  };
}

/** Judges the redis.conf by the release in the image: what is taken here also synthesizes. */
async function redisImageOf({ redisConf }: LiveFleet, questions: Questions): Promise<string> {
  const image = await questions.answer({
    option: 'redis-image',
    text: 'Image of the new servers',
    suggestion: DEFAULT_REDIS_IMAGE,
    problem: (answer) => imageProblem(answer) ?? redisConf?.refusedBy(answer),
  });
  const refused = redisConf?.refusedBy(image);
  if (refused !== undefined) throw new InputError(refused.split('\n'));
  return image;
}

/** An NFS export, or else a StorageClass. */
async function storageOf(questions: Questions, memory: string, shards: number): Promise<Storage> {
  const server = await questions.answer({
    option: 'nfs-server',
    text: 'NFS server (nothing for a StorageClass)',
    suggestion: '',
    problem: (answer) => (answer === '' ? undefined : serverProblem(answer)),
  });
  if (server === '') {
    const storageClass = await questions.answer({
      option: 'storage-class',
      missing: '--nfs-server with --nfs-path, or --storage-class,',
      text: 'StorageClass of the volumes',
      problem: subdomainProblem,
    });
    return { storageClass, capacity: await capacityOf(questions, 'Size of the volume of each shard', memory, 1) };
  }
  const exported = await questions.answer({ option: 'nfs-path', text: 'Exported directory', problem: pathProblem });
  return { server, path: exported, capacity: await capacityOf(questions, 'Size of the NFS export', memory, shards) };
}

/** A snapshot, an append-only file, and the new one of each while it is written: four times the memory. */
function capacityOf(questions: Questions, text: string, memory: string, shards: number): Promise<string> {
  const suggestion = gibibytesFor(4n * BigInt(shards) * bytesIn(memory));
  return questions.answer({ option: 'capacity', text, suggestion, problem: quantityProblem });
}

/** The library's own share: 60 % of the memory is data. */
function memoryFor(maxmemory: bigint): string {
  return gibibytesFor((maxmemory * 10n) / 6n);
}

function tooLittle(memory: string, maxmemory: bigint | undefined): string | undefined {
  if (maxmemory === undefined || bytesIn(memory) > maxmemory) return undefined;
  return `the old servers have a maxmemory of ${quantityOf(maxmemory)}, and more than that is needed; take ${memoryFor(maxmemory)}`;
}

function listOf(answer: string): string[] {
  return answer.split(/[\s,]+/).filter((block) => block !== '');
}

/** A name for the cluster: the pool's, that of the file, or one that always fits. */
function fleetName({ pools: [pool], source }: LiveFleet): string {
  const file = path.basename(source.name).replace(/\.[^.]*$/, '');
  const names = [pool.name, /^(nutcracker|twemproxy|stdin)$/.test(file) ? '' : file].map(sanitized);
  return names.find((name) => name !== '') ?? 'fleet';
}

/** The name, or the first with a number behind it that no fleet has. */
function untaken(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name.slice(0, LONGEST_FLEET_NAME - 4)}-${i}`;
  return free;
}

function sanitized(name: string): string {
  const label = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-0-9]+/, '');
  return label.slice(0, LONGEST_FLEET_NAME).replace(/-+$/, '');
}

/** Where the proxies of a pod can listen: not where the bridge does, nor the statistics, nor where only root may. */
const USUAL_PORT = 22_121;

function proxyPorts({ pools }: LiveFleet): Record<string, number> {
  const bridge = 10_000 + new FleetShards(pools).lines.length;
  const portOf = ({ listen }: NutcrackerPool): number =>
    listen.startsWith('/') ? 0 : Number(listen.slice(listen.lastIndexOf(':') + 1));
  const isFree = (port: number): boolean =>
    port >= 1024 && ![22_222, 8404].includes(port) && !(port >= 10_000 && port < bridge);
  const taken = new Set<number>();
  const others: [string, number][] = [];
  for (const pool of pools) {
    let port = portOf(pool);
    if (!isFree(port) || taken.has(port)) {
      const used = new Set([...taken, ...pools.map(portOf)]);
      port = USUAL_PORT;
      while (used.has(port) || !isFree(port)) port++;
      others.push([pool.name, port]);
    }
    taken.add(port);
  }
  return Object.fromEntries(others);
}

// The settings of a fleet, from its files and from questions.

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
import { type Proposal } from '../capacity/proposal';
import { InputError } from '../../output/input-error';
import { bytesIn, gibibytesFor, quantityOf, quantityProblem } from '../../output/quantity';
import { type Questions } from './questions';

/** Where the shards keep their data. */
export type Storage =
  | { readonly server: string; readonly path: string; readonly capacity: string }
  | { readonly storageClass: string; readonly capacity: string };

/** The settings in fleet.ts. */
export interface Settings {
  readonly fleet: string;
  readonly namespace: string;
  /** The Secret with the password; undefined if there is no password. */
  readonly secret?: string;
  /** The Secret with the renamed commands; undefined if no command is renamed. */
  readonly renamedCommands?: string;
  readonly storage: Storage;
  readonly memory: string;
  /** Undefined if the old servers have no limit. */
  readonly maxmemory?: string;
  /** By ordinal, of the shards that differ. */
  readonly maxmemoryOfShard?: Readonly<Record<string, string>>;
  /** The image of the proxies. */
  readonly image: string;
  /** The image of the shards. */
  readonly redisImage: string;
  /** The number of replicas of each shard. */
  readonly replicas: number;
  /** The ports of the proxies, for pools that cannot keep the port of the old proxies. */
  readonly proxyPorts: Readonly<Record<string, number>>;
  readonly proxyNetworks: readonly string[];
}

/** The longest name derived from it, `<fleet>-move-preflight-<hash>`, must fit into a label. */
export const LONGEST_FLEET_NAME = 39;

export async function settingsOf(live: LiveFleet, questions: Questions, taken: ReadonlySet<string>): Promise<Settings> {
  const { pools, redisConf } = live;
  const fleet = await questions.answer({
    option: 'fleet',
    text: 'Name of the fleet',
    suggestion: freeName(fleetName(live), taken),
    problem: (name) =>
      nameProblem(name, LONGEST_FLEET_NAME) ??
      (taken.has(name) ? 'a fleet with this name already exists; use another name' : undefined),
  });
  const namespace = await questions.answer({
    option: 'namespace',
    text: 'Namespace to create',
    suggestion: fleet,
    problem: namespaceProblem,
  });
  const secret =
    pools[0].redisAuth === undefined
      ? undefined
      : await questions.answer({
          option: 'secret',
          text: 'Name of the Secret for the password',
          suggestion: `${fleet}-redis`,
          problem: subdomainProblem,
        });
  const maxmemory = redisConf?.maxmemory;
  const memory = await questions.answer({
    option: 'memory',
    text: 'Memory of each shard',
    suggestion: live.propose ? quantity(live.propose().memory) : maxmemory === undefined ? '1Gi' : memoryFor(maxmemory),
    problem: (answer) => quantityProblem(answer) ?? tooLittle(answer, live),
  });
  const proposal = live.propose?.(Number(bytesIn(memory)));
  const storage = await storageOf(questions, memory, new FleetShards(pools).lines.length);
  const image = await questions.answer({
    option: 'proxy-image',
    text: `Image of the proxies (how to build one: ${documentAt('images/twemproxy/README.md')})`,
    problem: imageProblem,
  });
  const redisImage = await redisImageOf(live, questions);
  const replicas = await questions.answer({
    option: 'replicas',
    text: 'Replicas of each shard, 0 or 1',
    suggestion: '0',
    problem: (answer) => (answer === '0' || answer === '1' ? undefined : 'write 0 or 1'),
  });
  const networks = await questions.answer({
    option: 'proxy-networks',
    text: 'Networks from which the old servers see the proxies, such as 10.20.64.0/20 (can be set later)',
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
    ...(proposal ? maxmemoryIn(proposal) : { maxmemory: maxmemory === undefined ? undefined : quantityOf(maxmemory) }),
    image,
    redisImage,
    replicas: Number(replicas),
    proxyPorts: proxyPorts(live),
    proxyNetworks: listOf(networks),
  };
}

/** Checks the redis.conf for the release of the image, as the synth does. */
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

/** An NFS export or a StorageClass. */
async function storageOf(questions: Questions, memory: string, shards: number): Promise<Storage> {
  const server = await questions.answer({
    option: 'nfs-server',
    text: 'NFS server (empty to use a StorageClass)',
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

/** Suggests four times the memory: a snapshot, an append-only file, and new versions of both while they are written. */
function capacityOf(questions: Questions, text: string, memory: string, shards: number): Promise<string> {
  const suggestion = gibibytesFor(4n * BigInt(shards) * bytesIn(memory));
  return questions.answer({ option: 'capacity', text, suggestion, problem: quantityProblem });
}

/** As in the library, 60 % of the memory is for data. */
function memoryFor(maxmemory: bigint): string {
  return gibibytesFor((maxmemory * 10n) / 6n);
}

/** The maxmemory of a proposal, and of the shards that differ. */
function maxmemoryIn({ maxmemory, maxmemoryOfShard }: Proposal): Pick<Settings, 'maxmemory' | 'maxmemoryOfShard'> {
  const own = [...maxmemoryOfShard].map(([ordinal, bytes]): [string, string] => [String(ordinal), quantity(bytes)]);
  return { maxmemory: quantity(maxmemory), ...(own.length > 0 && { maxmemoryOfShard: Object.fromEntries(own) }) };
}

function quantity(bytes: number): string {
  return quantityOf(BigInt(bytes));
}

/** From the INFO of the servers, or without it, from their redis.conf. */
function tooLittle(memory: string, { propose, redisConf }: LiveFleet): string | undefined {
  if (propose) {
    const shard = propose(Number(bytesIn(memory))).tooLarge.at(0);
    if (shard === undefined) return undefined;
    return `the data of shard ${shard} needs more; use ${quantity(propose().memory)}`;
  }
  const maxmemory = redisConf?.maxmemory;
  if (maxmemory === undefined || bytesIn(memory) > maxmemory) return undefined;
  return `it must be more than the maxmemory of the old servers, ${quantityOf(maxmemory)}; use ${memoryFor(maxmemory)}`;
}

function listOf(answer: string): string[] {
  return answer.split(/[\s,]+/).filter((block) => block !== '');
}

/** A valid name for the fleet, from the name of the pool or of the file. */
function fleetName({ pools: [pool], source }: LiveFleet): string {
  const file = path.basename(source.name).replace(/\.[^.]*$/, '');
  const names = [pool.name, /^(nutcracker|twemproxy|stdin)$/.test(file) ? '' : file].map(sanitized);
  return names.find((name) => name !== '') ?? 'fleet';
}

/** The name, with a number appended if it is taken. */
function freeName(name: string, taken: ReadonlySet<string>): string {
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

const DEFAULT_PORT = 22_121;

/** New ports for pools whose port is privileged, or used by the bridge or by metrics. */
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
      port = DEFAULT_PORT;
      while (used.has(port) || !isFree(port)) port++;
      others.push([pool.name, port]);
    }
    taken.add(port);
  }
  return Object.fromEntries(others);
}

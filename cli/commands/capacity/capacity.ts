// capacity FILE: the memory, nodes and storage that a fleet needs, from the INFO of its servers.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { percent } from '../../../lib/nutcracker/percent';
import { size } from '../../../migrator/report/fleet-progress';
import { quantityOf, sizeCode } from '../../output/quantity';
import { type CommandResult, ExitCode } from '../../output/result';
import { type Column, count, type Paint, table } from '../../output/text';
import { infoByShard } from '../../input/fleet-info';
import { type ConfigFile } from '../../input/pools';
import { type ServerInfo } from '../../input/server-info';
import { FleetCapacity, type MeasuredShard } from './fleet-capacity';
import { daysUntil } from './growth';
import { nodesFor, type NodesOptions } from './nodes';
import { type ProposalOptions } from './proposal';
import { dataOf } from './server-memory';

export interface CapacityOptions extends ProposalOptions {
  /** The replicas of each shard, 0 or 1. */
  readonly replicas: number;
  readonly nodes?: NodesOptions;
  /** The capacity of the storage of all shards, in bytes. */
  readonly storage?: number;
}

/** The capacity of fleets, from one sample or two of their servers. */
export function capacityOf(
  config: ConfigFile,
  fleets: readonly (readonly NutcrackerPool[])[],
  samples: readonly (readonly ServerInfo[])[],
  options: CapacityOptions,
): Capacity {
  const found = fleets.map((pools) => {
    const byShard = samples.map((sample) => infoByShard(config, pools, sample));
    return FleetCapacity.of(pools, byShard, options);
  });
  return new Capacity(found, options);
}

export class Capacity implements CommandResult {
  constructor(
    readonly fleets: readonly FleetCapacity[],
    private readonly options: CapacityOptions,
  ) {}

  get exitCode(): ExitCode {
    return this.problems.length === 0 ? ExitCode.SUCCESS : ExitCode.NEGATIVE;
  }

  get json(): object {
    const { nodes, disk, problems } = this;
    const { replicas, days, nodes: { nodeMemory, zones } = {}, storage } = this.options;
    const options = { replicas, days, nodeMemory, zones, storage };
    return { fleets: this.fleets.map((fleet) => fleet.json), nodes, storage: disk, options, problems };
  }

  lines(paint: Paint): string[] {
    return [
      ...this.fleets.flatMap((fleet) => [...fleetLines(fleet, paint), '']),
      ...this.nodesLines,
      `storage: ${size(this.disk)} in all, ${this.servers} of at most ${size(this.largestDisk)}`,
      ...this.problems.map((problem) => `${paint.bad('does not fit')}: ${problem}`),
    ];
  }

  private get servers(): string {
    return count(this.fleets.reduce((sum, { shards }) => sum + shards.length, 0) * this.copies, 'server');
  }

  /** The servers of each shard. */
  private get copies(): number {
    return 1 + this.options.replicas;
  }

  private get nodes(): number | undefined {
    const { nodes, replicas } = this.options;
    const pods = this.fleets.map(({ shards, proposal: { memory } }) => ({ shards: shards.length, memory, replicas }));
    return nodes && nodesFor(pods, nodes);
  }

  private get nodesLines(): string[] {
    const { nodes: options } = this.options;
    if (options === undefined || this.nodes === undefined) return [];
    const lost =
      (options.zones ?? 1) > 1 ? `of ${count(options.zones ?? 1, 'zone')}, one may be lost` : 'one may be lost';
    return [`nodes with ${quantityOf(BigInt(options.nodeMemory))} for the shards: ${this.nodes}; ${lost}`];
  }

  private get disk(): number {
    return this.fleets.flatMap(({ disks }) => disks).reduce((sum, bytes) => sum + bytes, 0) * this.copies;
  }

  private get largestDisk(): number {
    return Math.max(...this.fleets.flatMap(({ disks }) => disks));
  }

  private get problems(): string[] {
    const { storage, nodes } = this.options;
    const tooLarge = this.fleets.flatMap(({ shards, proposal }) =>
      proposal.tooLarge.map((ordinal) => {
        const i = shards.findIndex((shard) => shard.ordinal === ordinal);
        const need = size(proposal.memories[i]);
        return `shard ${ordinal} (${shards[i].address}) needs ${need} of memory, and has ${size(proposal.memory)}`;
      }),
    );
    const isTooSmall = nodes !== undefined && this.nodes === undefined;
    const largest = Math.max(...this.fleets.map(({ proposal: { memory } }) => memory));
    return [
      ...tooLarge,
      ...(isTooSmall ? [`a server needs ${size(largest)}, and a node has ${size(nodes.nodeMemory)}`] : []),
      ...(storage !== undefined && this.disk > storage
        ? [`the servers need ${size(this.disk)} of storage, which has ${size(storage)}`]
        : []),
    ];
  }
}

const COLUMNS: readonly Column[] = [
  { title: 'shard', isNumber: true },
  { title: 'address' },
  { title: 'version' },
  { title: 'used', isNumber: true },
  { title: 'peak', isNumber: true },
  { title: 'maxmemory', isNumber: true },
  { title: 'fragmentation', isNumber: true },
  { title: 'fork copies', isNumber: true },
  { title: 'memory needed', isNumber: true },
];
const GROWTH_COLUMNS: readonly Column[] = [
  { title: 'growth a day', isNumber: true },
  { title: 'days until full', isNumber: true },
];

function fleetLines(fleet: FleetCapacity, paint: Paint): string[] {
  const { pools, shards, proposal } = fleet;
  const isGrowing = shards.some(({ growth }) => growth !== undefined);
  const rows = shards.map((shard, i) => [
    String(shard.ordinal),
    shard.address,
    shard.version,
    size(shard.server.used),
    size(shard.server.peak),
    shard.server.maxmemory === undefined ? 'none' : size(shard.server.maxmemory),
    shard.server.fragmentation.toFixed(2),
    percent(shard.server.copyOnWrite),
    size(proposal.memories[i]),
    ...(isGrowing ? growthCells(shard) : []),
  ]);
  const names = pools.map((name) => JSON.stringify(name)).join(', ');
  return [
    paint.heading(`pool ${names}`),
    ...table(isGrowing ? [...COLUMNS, ...GROWTH_COLUMNS] : COLUMNS, rows, paint),
    '',
    ...notesOf(fleet).map((note) => `note: ${note}`),
    ...proposalLines(fleet),
  ];
}

function growthCells({ server, growth }: MeasuredShard): string[] {
  if (growth === undefined) return ['unknown', 'unknown'];
  const { bytesPerDay } = growth;
  const days = server.maxmemory === undefined ? undefined : daysUntil(dataOf(server), server.maxmemory, growth);
  return [
    `${bytesPerDay < 0 ? '-' : ''}${size(Math.round(Math.abs(bytesPerDay)))}`,
    days === undefined ? '-' : String(Math.floor(days)),
  ];
}

function proposalLines({ shards, proposal }: FleetCapacity): string[] {
  const { memory, maxmemory, maxmemoryOfShard } = proposal;
  const own = [...maxmemoryOfShard].map(([ordinal, bytes]) => `${ordinal}: ${codeOf(bytes)}`);
  return [
    `for main.ts, for ${count(shards.length, 'shard')}:`,
    '  redis: {',
    `    memory: ${codeOf(memory)},`,
    `    maxmemory: ${codeOf(maxmemory)},`,
    ...(own.length === 0 ? [] : [`    maxmemoryOfShard: { ${own.join(', ')} },`]),
    '  },',
  ];
}

function codeOf(bytes: number): string {
  return sizeCode(quantityOf(BigInt(Math.ceil(bytes))));
}

const SHORTEST_SECONDS = 3600;

/** What the proposal assumes, and what to look at. */
function notesOf({ shards, proposal, options }: FleetCapacity): string[] {
  const { outliers } = proposal;
  const grown = shards.flatMap(({ growth }) => growth ?? []);
  const seconds = Math.min(...grown.map((growth) => growth.seconds));
  const restarted = shards.filter(({ isRestarted }) => isRestarted).map(({ ordinal }) => ordinal);
  const endless = shards.filter(({ server }) => server.aofGrowth === Infinity).map(({ ordinal }) => ordinal);
  const evicting = shards.filter(({ server }) => server.evicts).map(({ ordinal }) => ordinal);
  return [
    ...assumptionsOf(shards).map(([what, which]) => `${shardList(which)}: ${what} is assumed, since INFO does not say`),
    ...(evicting.length > 0 ? [`${shardList(evicting)}: keys were evicted, so the present maxmemory is kept`] : []),
    ...(endless.length > 0
      ? [`${shardList(endless)}: the AOF is never rewritten (auto-aof-rewrite-percentage 0), and has no limit`]
      : []),
    ...(restarted.length > 0
      ? [`${shardList(restarted)}: restarted between the samples, so the growth is unknown`]
      : []),
    ...(grown.length > 0
      ? [`the proposal has room for ${options.days} days of growth; it assumes that data grows as between the samples`]
      : []),
    ...(grown.length > 0 && seconds < SHORTEST_SECONDS
      ? [
          `the samples are ${seconds} s apart: take them a day apart, or better a week, since load differs by hour and day`,
        ]
      : []),
    ...(outliers === undefined
      ? []
      : [`memory is that of ${shardList(outliers.shards)}: ${size(outliers.memoryOfOthers)} is enough for the others`]),
  ];
}

function assumptionsOf(shards: readonly MeasuredShard[]): [string, number[]][] {
  const found = new Map<string, number[]>();
  for (const { ordinal, server } of shards) {
    for (const assumption of server.assumptions) found.set(assumption, [...(found.get(assumption) ?? []), ordinal]);
  }
  return [...found];
}

const SHOWN = 8;

function shardList(ordinals: readonly number[]): string {
  const shown = ordinals.slice(0, SHOWN).join(', ');
  const more = ordinals.length > SHOWN ? ` and ${ordinals.length - SHOWN} others` : '';
  return `${ordinals.length === 1 ? 'shard' : 'shards'} ${shown}${more}`;
}

// Reads the output of `capacity --json`, and assigns it to the pools of its fleets.

import { type NutcrackerPool } from '../../lib/nutcracker';
import { refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { instanceOf } from '../../lib/nutcracker/fleet-shards';
import { type ConfigFile, type Input } from './pools';
import { type CapacityData, type CapacityOfAll, type FleetCapacityData, type ShardCapacity } from './report-data';
import {
  type Check,
  isCount,
  isNumber,
  isObject,
  isText,
  type JsonObject,
  listOf,
  optional,
  shardProblems,
  shown,
} from './status-output';

/** A capacity that is not yet matched to the pools. */
export interface CapacityFile {
  readonly file: string;
  readonly fleets: readonly FleetCapacityData[];
  readonly all: CapacityOfAll;
}

const REMEDY = 'give the output of `cdk8s-twemproxy capacity --json` for this nutcracker.yml';

/** Throws if the file is not the output of a capacity. */
export async function readCapacity(given: string, input: Input): Promise<CapacityFile> {
  const { name: file, bytes } = await input.whole(given);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    refuse({ file, because: 'it is not JSON', remedy: REMEDY });
  }
  refuseAny(problemsOf(value).map((because) => ({ file, because, remedy: REMEDY })));
  const { fleets, ...all } = value as CapacityOfAll & { readonly fleets: readonly FleetCapacityData[] };
  return { file, fleets, all };
}

/** JSON has null for a number without a limit. */
const isLimit: Check = (value) => value === null || isNumber(value);

const OF_ALL: Readonly<Record<keyof CapacityOfAll, Check>> = {
  nodes: optional(isCount),
  storage: isLimit,
  options: (value) => isObject(value) && ['replicas', 'days'].every((key) => isNumber(value[key])),
  problems: listOf(isText),
};

const OF_SHARD: Readonly<Record<keyof ShardCapacity, Check>> = {
  shard: isCount,
  address: isText,
  used: isNumber,
  peak: isNumber,
  maxmemory: optional(isNumber),
  needs: (value) =>
    isObject(value) && ['maxmemory', 'memory'].every((key) => isNumber(value[key])) && isLimit(value.disk),
  growth: optional((value) => isObject(value) && isNumber(value.bytesPerDay)),
};

const OF_PROPOSAL: Readonly<Record<keyof FleetCapacityData['proposal'], Check>> = {
  memory: isNumber,
  maxmemory: isNumber,
  maxmemoryOfShard: (value) => isObject(value) && Object.values(value).every(isNumber),
  tooLarge: listOf(isCount),
};

function problemsOf(value: unknown): string[] {
  if (!isObject(value) || !Array.isArray(value.fleets))
    return ['it has no fleets; it is the output of another command'];
  const fleets = value.fleets.flatMap((fleet: unknown, i) => {
    if (!isObject(fleet)) return [`fleets[${i}] is ${shown(fleet)}, not a fleet`];
    const { pools, shards, proposal } = fleet;
    const own = [
      ...(listOf(isText)(pools) ? [] : [`pools is ${shown(pools)}, not a list of names`]),
      ...shardProblems(shards, OF_SHARD),
      ...(isObject(proposal) ? wrongFields(proposal, OF_PROPOSAL, 'proposal.') : ['there is no proposal']),
    ];
    return own.map((problem) => `fleets[${i}]: ${problem}`);
  });
  return [...fleets, ...wrongFields(value, OF_ALL)];
}

function wrongFields(value: JsonObject, rules: Readonly<Record<string, Check>>, prefix = ''): string[] {
  const wrong = Object.entries(rules).filter(([key, check]) => !check(value[key]));
  return wrong.map(([key]) => `${prefix}${key} is ${shown(value[key])}, not a valid value`);
}

/** The capacity of each pool whose fleet has one. Throws if a fleet has other servers than its pools. */
export function capacityByPool(config: ConfigFile, given: readonly CapacityFile[]): Map<NutcrackerPool, CapacityData> {
  const found = new Map<NutcrackerPool, CapacityData>();
  for (const { file, fleets, all } of given) {
    for (const fleet of fleets) {
      const because = mismatchOf(config, fleet);
      if (because !== undefined) {
        const remedy = 'give the capacity of the fleets in this file';
        refuse({ file, because: `it is not the capacity of ${config.name}: ${because}`, remedy });
      }
      for (const pool of poolsOf(config, fleet)) found.set(pool, { source: file, fleet, all });
    }
  }
  return found;
}

function poolsOf({ pools }: ConfigFile, fleet: FleetCapacityData): NutcrackerPool[] {
  return pools.filter(({ name }) => fleet.pools.includes(name));
}

function mismatchOf(config: ConfigFile, fleet: FleetCapacityData): string | undefined {
  const pools = poolsOf(config, fleet);
  const unknown = fleet.pools.find((name) => !pools.some((pool) => pool.name === name));
  if (unknown !== undefined) return `it has a pool ${shown(unknown)}`;
  const servers = new Set(pools.flatMap((pool) => pool.servers.map(({ address }) => instanceOf(address))));
  const measured = new Set(fleet.shards.map(({ address }) => instanceOf(address)));
  const names = fleet.pools.map(shown).join(', ');
  for (const address of measured) if (!servers.has(address)) return `pool ${names} has no server ${address}`;
  for (const address of servers) if (!measured.has(address)) return `it has no server ${address} of pool ${names}`;
  return undefined;
}

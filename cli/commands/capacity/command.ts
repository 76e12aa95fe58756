// The options of capacity.

import { setTimeout as wait } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { type NutcrackerPool } from '../../../lib/nutcracker';
import { groupsOf } from '../../../lib/nutcracker/fleet-shards';
import { addressesOf } from '../../input/fleet-info';
import { readSamples } from '../../input/info-file';
import { askServers, type LiveTls } from '../../input/live-info';
import { type ConfigFile, type Input, refuseStdinTwice } from '../../input/pools';
import { type ServerInfo } from '../../input/server-info';
import { InputError } from '../../output/input-error';
import { bytesIn, quantityProblem } from '../../output/quantity';
import { type CommandResult } from '../../output/result';
import { capacityOf, type Capacity } from './capacity';
import { GROWTH_DAYS } from './proposal';

interface Options {
  readonly info: readonly string[];
  readonly live?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsName?: string;
  readonly interval?: number;
  readonly pool?: string;
  readonly memory?: number;
  readonly replicas: number;
  readonly copyOnWrite?: number;
  readonly days: number;
  readonly nodeMemory?: number;
  readonly zones?: number;
  readonly storage?: number;
  readonly json?: boolean;
}

export function capacityCommand(input: Input, printResult: (result: CommandResult, options: Options) => void): Command {
  return new Command('capacity')
    .description('Propose the memory of the shards, and print the nodes and the storage that they need.')
    .argument('<file>', 'nutcracker.yml, or - for standard input')
    .addOption(
      new Option('--info <file>', 'the INFO of every server, or - for standard input; give two samples for the growth')
        .default([], 'none')
        .argParser((file: string, before: readonly string[]) => [...before, file]),
    )
    .addOption(new Option('--live', 'ask the servers themselves, with the password in REDIS_PASSWORD'))
    .addOption(
      new Option(
        '--tls-ca <file>',
        'with --live, connect by TLS, to servers with a certificate of an authority in this file only',
      ),
    )
    .addOption(new Option('--tls-cert <file>', 'with --tls-ca, a certificate for servers that require one'))
    .addOption(new Option('--tls-key <file>', 'its key'))
    .addOption(
      new Option(
        '--tls-name <name>',
        'with --tls-ca, the name in all certificates; by default, the host of each server',
      ),
    )
    .addOption(number('--interval <seconds>', 'with --live, take a second sample after this time', 1, 2_592_000))
    .addOption(new Option('-p, --pool <name>', 'only this pool; by default, all pools for Redis'))
    .addOption(amount('--memory <size>', 'check this memory of the shards, such as 5Gi, instead of proposing one'))
    .addOption(number('--replicas <number>', 'the replicas of each shard, 0 or 1', 0, 1).default(0))
    .addOption(
      number('--copy-on-write <percent>', 'the part of the data that a fork copies; by default, from INFO', 0, 100),
    )
    .addOption(
      number('--days <number>', 'with two samples, for how many days the data may grow', 0, 3650).default(GROWTH_DAYS),
    )
    .addOption(amount('--node-memory <size>', 'the memory of a node for the shards, such as 60Gi'))
    .addOption(number('--zones <number>', 'the zones of the nodes, of which one may be lost', 1, 100))
    .addOption(amount('--storage <size>', 'the capacity of the storage of all shards, such as 1Ti'))
    .addOption(new Option('--json', 'print JSON'))
    .action(async (file: string, options: Options) => {
      printResult(await capacity(file, options, input), options);
    });
}

async function capacity(file: string, options: Options, input: Input): Promise<Capacity> {
  refuseCombination(options);
  refuseStdinTwice([file, ...options.info], 'give the paths of the others');
  const config = await input.config(file);
  const fleets = fleetsOf(config, options.pool);
  const { nodeMemory, zones, copyOnWrite } = options;
  return capacityOf(config, fleets, await samplesOf(fleets, options, input), {
    ...options,
    copyOnWrite: copyOnWrite === undefined ? undefined : copyOnWrite / 100,
    nodes: nodeMemory === undefined ? undefined : { nodeMemory, zones },
  });
}

function refuseCombination(options: Options): void {
  const { info, live = false, interval, zones, nodeMemory, tlsCa, tlsCert, tlsKey, tlsName } = options;
  const problems = [
    ...(info.length === 0 && !live ? ['neither --info nor --live is given; give a file, or ask the servers'] : []),
    ...(info.length > 0 && live ? ['--info and --live are both given; give one of them'] : []),
    ...(interval !== undefined && !live ? ['--interval is given without --live; give two files with --info'] : []),
    ...(tlsCa !== undefined && !live ? ['--tls-ca is given without --live; give both'] : []),
    ...(tlsCa === undefined && (tlsCert ?? tlsKey ?? tlsName) !== undefined
      ? ['--tls-cert, --tls-key or --tls-name is given without --tls-ca; give the authorities of the servers as well']
      : []),
    ...((tlsCert === undefined) !== (tlsKey === undefined)
      ? ['--tls-cert and --tls-key belong together; give both, or none']
      : []),
    ...(zones !== undefined && nodeMemory === undefined ? ['--zones is given without --node-memory; give both'] : []),
  ];
  if (problems.length > 0) throw new InputError(problems);
}

/** Pools that share servers are one fleet. */
function fleetsOf(config: ConfigFile, pool: string | undefined): NutcrackerPool[][] {
  if (pool !== undefined) return [[config.pool(pool)]];
  const redis = config.pools.filter((one) => one.redis);
  if (redis.length > 0) return groupsOf(redis);
  throw new InputError([`${config.name}: it has no pool for Redis (redis: true); give another file`]);
}

async function samplesOf(
  fleets: readonly (readonly NutcrackerPool[])[],
  options: Options,
  input: Input,
): Promise<ServerInfo[][]> {
  const { info, interval } = options;
  if (info.length > 0) return readSamples(info, input);
  const password = process.env.REDIS_PASSWORD === '' ? undefined : process.env.REDIS_PASSWORD;
  const ask = (): Promise<ServerInfo[]> => askServers(fleets.flatMap(addressesOf), password, tlsOf(options));
  const first = await ask();
  if (interval === undefined) return [first];
  await wait(interval * 1000);
  return [first, await ask()];
}

function tlsOf({ tlsCa: ca, tlsCert: cert, tlsKey: key, tlsName: name }: Options): LiveTls | undefined {
  const certificate = cert === undefined || key === undefined ? undefined : { cert, key };
  return ca === undefined ? undefined : { ca, certificate, name };
}

function number(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser((text: string) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new InputError([`${nameOf(flags)} is ${JSON.stringify(text)}; write a number from ${least} to ${most}`]);
  });
}

function amount(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const problem = quantityProblem(text);
    if (problem === undefined) return Number(bytesIn(text));
    throw new InputError([`${nameOf(flags)} is ${JSON.stringify(text)}; ${problem}`]);
  });
}

function nameOf(flags: string): string {
  return flags.split(' ')[0];
}

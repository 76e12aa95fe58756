// All shards at a glance, and one of them in detail.

import { OF_FLEET, OF_SHARD, type Part, shardTable, stat, timeline, timeSeries } from './panels';

const RATE = '[$__rate_interval]';
const BY_SHARD = 'max by (shard)';
const SERVER = '{{server}}';

const master = (labels: string): string => `redis_instance_info{${labels},role="master"}`;

const used = (labels: string): string => `redis_memory_used_bytes{${labels}} / (redis_memory_max_bytes{${labels}} > 0)`;

const commands = (labels: string): string => `rate(redis_commands_processed_total{${labels}}${RATE})`;

const cpu = (labels: string): string =>
  `rate(redis_cpu_user_seconds_total{${labels}}${RATE}) + rate(redis_cpu_sys_seconds_total{${labels}}${RATE})`;

const lag = (labels: string): string =>
  `max by (shard) (redis_master_repl_offset{${labels}} - on (instance) group_right redis_connected_slave_offset_bytes{${labels}})`;

/** One query for both: the values of the states below. */
const masterOf = (labels: string): string =>
  `sum by (shard) (${master(`${labels},server="a"`)} or 2 * ${master(`${labels},server="b"`)})`;

const MASTERS = {
  '1': { text: 'a', color: 'green' },
  '2': { text: 'b', color: 'blue' },
  '3': { text: 'both', color: 'red' },
};

export function overview(): Part[] {
  return [
    stat(
      'Masters',
      { description: 'Servers that say they are masters: one for each shard, except before a cutover.' },
      `count(${master(OF_FLEET)}) or vector(0)`,
    ),
    stat(
      'Servers down',
      { description: 'Servers that do not reply to the exporter.', bad: 1 },
      `sum(1 - redis_up{${OF_FLEET}})`,
    ),
    stat(
      'Alerts',
      { description: 'Alerts of this fleet that are firing.', bad: 1 },
      `count(ALERTS{${OF_FLEET},alertstate="firing"}) or vector(0)`,
    ),
    stat(
      'Data',
      { description: 'Memory in use, the larger server of each shard.', unit: 'bytes' },
      `sum(${BY_SHARD} (redis_memory_used_bytes{${OF_FLEET}}))`,
    ),
    stat('Commands', { description: 'Of all shards, with replication.', unit: 'ops' }, `sum(${commands(OF_FLEET)})`),
    stat(
      'Connections',
      { description: 'Clients of all servers: proxies, checks, exporters.' },
      `sum(redis_connected_clients{${OF_FLEET}})`,
    ),
    shardTable('Shards', { description: 'Sort by a column: who is full, who is hot, where the master is.' }, [
      { name: 'full', expr: `${BY_SHARD} (${used(OF_FLEET)})`, unit: 'percentunit' },
      { name: 'memory', expr: `${BY_SHARD} (redis_memory_used_bytes{${OF_FLEET}})`, unit: 'bytes' },
      { name: 'commands', expr: `${BY_SHARD} (${commands(OF_FLEET)})`, unit: 'ops' },
      { name: 'CPU', expr: `${BY_SHARD} (${cpu(OF_FLEET)})`, unit: 'percentunit' },
      { name: 'keys', expr: `${BY_SHARD} (redis_db_keys{${OF_FLEET}})` },
      { name: 'last fork', expr: `${BY_SHARD} (redis_latest_fork_seconds{${OF_FLEET}})`, unit: 's' },
      { name: 'master (1: a, 2: b)', expr: masterOf(OF_FLEET) },
    ]),
    timeSeries(
      'The fullest shards',
      { description: 'Memory in use as a part of maxmemory.', unit: 'percentunit', width: 12, max: 1 },
      [`topk(10, ${BY_SHARD} (${used(OF_FLEET)}))`, 'shard {{shard}}'],
    ),
    timeSeries(
      'The hottest shards',
      { description: 'A shard has one thread for commands: 100 % is the limit.', unit: 'percentunit', width: 12 },
      [`topk(10, ${BY_SHARD} (${cpu(OF_FLEET)}))`, 'shard {{shard}}'],
    ),
    timeline(
      'The master of each shard',
      { description: 'A change of color is a switchover or a failover; red: two masters.', need: 'replicas' },
      MASTERS,
      [masterOf(OF_FLEET), '{{shard}}'],
    ),
  ];
}

export function oneShard(): Part[] {
  return [
    timeSeries(
      'Memory',
      { description: 'In use by the server, of the process, and maxmemory.', unit: 'bytes' },
      [`redis_memory_used_bytes{${OF_SHARD}}`, `used ${SERVER}`],
      [`redis_memory_used_rss_bytes{${OF_SHARD}}`, `resident ${SERVER}`],
      [`redis_memory_max_bytes{${OF_SHARD}}`, `maxmemory ${SERVER}`],
    ),
    timeSeries('Commands', { description: 'A replica counts what it receives.', unit: 'ops' }, [
      commands(OF_SHARD),
      SERVER,
    ]),
    timeSeries('CPU', { description: 'Of the process; 100 % is one core.', unit: 'percentunit' }, [
      cpu(OF_SHARD),
      SERVER,
    ]),
    timeSeries('Keys', { description: 'In database 0.' }, [`redis_db_keys{${OF_SHARD}}`, SERVER]),
    timeSeries(
      'Expired and evicted keys',
      { description: 'For each second; with noeviction no key is evicted.' },
      [`rate(redis_expired_keys_total{${OF_SHARD}}${RATE})`, `expired ${SERVER}`],
      [`rate(redis_evicted_keys_total{${OF_SHARD}}${RATE})`, `evicted ${SERVER}`],
    ),
    timeSeries('Connections', { description: 'Proxies, checks, exporters.' }, [
      `redis_connected_clients{${OF_SHARD}}`,
      SERVER,
    ]),
    timeSeries(
      'Network',
      { description: 'To and from clients and replicas.', unit: 'Bps' },
      [`rate(redis_net_input_bytes_total{${OF_SHARD}}${RATE})`, `in ${SERVER}`],
      [`rate(redis_net_output_bytes_total{${OF_SHARD}}${RATE})`, `out ${SERVER}`],
    ),
    timeSeries('Last fork', { description: 'How long the server stood still for it.', unit: 's' }, [
      `redis_latest_fork_seconds{${OF_SHARD}}`,
      SERVER,
    ]),
    timeSeries(
      'Replication lag',
      {
        description: 'Bytes that the replica has not confirmed; beyond the backlog it has to start over.',
        unit: 'bytes',
        need: 'replicas',
      },
      [lag(OF_SHARD), 'lag'],
      [`max by (shard) (redis_replication_backlog_bytes{${OF_SHARD}})`, 'backlog'],
    ),
  ];
}

// The statistics of a nutcracker as metrics.

import { createHash } from 'node:crypto';
import { Counter, Gauge, Registry } from 'prom-client';
import { type ShardOfServer, type Stats } from './stats';

/** A field of the statistics: the name of its metric, and what it counts. Counters end in `_total`. */
type Fields = Readonly<Record<string, readonly [name: string, help: string]>>;

const PROXY: Fields = {
  uptime: ['uptime_seconds', 'Seconds since nutcracker started'],
  total_connections: ['connections_total', 'Connections that were accepted, also for statistics'],
  curr_connections: ['connections', 'Open connections, also to the shards and for statistics'],
};

const POOL: Fields = {
  client_eof: ['client_eof_total', 'Connections that clients closed'],
  client_err: ['client_errors_total', 'Errors on connections of clients'],
  client_connections: ['client_connections', 'Open connections of clients'],
  server_ejects: ['server_ejects_total', 'Servers that were ejected'],
  forward_error: ['forward_errors_total', 'Requests that could not be sent to a shard'],
  fragments: ['fragments_total', 'Parts of requests with keys on several shards'],
};

const SERVER: Fields = {
  server_eof: ['server_eof_total', 'Connections that the shard, or the bridge, closed'],
  server_err: ['server_errors_total', 'Errors on connections to the shard'],
  server_timedout: ['server_timeouts_total', 'Requests without a reply within the timeout of the pool'],
  server_connections: ['server_connections', 'Open connections to the shard'],
  requests: ['server_requests_total', 'Requests to the shard'],
  request_bytes: ['server_request_bytes_total', 'Bytes of requests to the shard'],
  responses: ['server_responses_total', 'Replies of the shard'],
  response_bytes: ['server_response_bytes_total', 'Bytes of replies of the shard'],
  in_queue: ['server_in_queue', 'Requests that wait to be sent to the shard'],
  out_queue: ['server_out_queue', 'Requests that wait for a reply of the shard'],
};

/** The metrics in the text format of Prometheus; without statistics only `nutcracker_up 0`. */
export async function proxyMetrics(stats: Stats | undefined, shards: ShardOfServer): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const up = new Gauge({ name: 'nutcracker_up', help: 'Whether the statistics could be read', registers });
  up.set(stats ? 1 : 0);
  if (stats) addStats(registry, stats, shards);
  return registry.metrics();
}

function addStats(registry: Registry, { version, counts, pools }: Stats, shards: ShardOfServer): void {
  const registers = [registry];
  new Gauge({ name: 'nutcracker_info', help: 'The version of nutcracker', labelNames: ['version'], registers }).set(
    { version },
    1,
  );
  const servers = new Gauge({
    name: 'nutcracker_pool_info',
    help: 'The number of servers of a pool, and a digest of their names: equal in all proxies that run the same ring',
    labelNames: ['pool', 'servers', 'names'],
    registers,
  });
  const ofProxy = series(registry, PROXY, []);
  const ofPool = series(registry, POOL, ['pool']);
  const ofServer = series(registry, SERVER, ['pool', 'server', 'shard']);
  ofProxy(counts, {});
  for (const [pool, { counts: poolCounts, servers: found }] of pools) {
    servers.set({ pool, servers: found.size, names: digest([...found.keys()]) }, 1);
    ofPool(poolCounts, { pool });
    for (const [server, serverCounts] of found) {
      ofServer(serverCounts, { pool, server, shard: String(shards[pool]?.[server] ?? '') });
    }
  }
}

type Labels = Record<string, string>;

/** Creates the metrics of some fields, and returns a function that sets them. */
function series(
  registry: Registry,
  fields: Fields,
  labelNames: string[],
): (counts: Labels | object, labels: Labels) => void {
  const metrics = Object.entries(fields).map(([field, [suffix, help]]) => {
    const config = { name: `nutcracker_${suffix}`, help, labelNames, registers: [registry] };
    const metric = suffix.endsWith('_total') ? new Counter(config) : new Gauge(config);
    return [field, metric] as const;
  });
  return (counts, labels) => {
    const values = new Map<string, unknown>(Object.entries(counts));
    for (const [field, metric] of metrics) {
      const value = values.get(field);
      if (typeof value === 'number') metric.inc(labels, value);
    }
  };
}

/** nutcracker sorts the names in no particular order, so the digest does not depend on it. */
function digest(names: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([...names].sort()))
    .digest('hex')
    .slice(0, 16);
}

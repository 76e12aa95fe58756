// INFO of servers, as text.

import { type ServerInfo } from '../../../../cli/input/server-info';
import { serversIn } from '../../../../cli/input/info-file';

export const GIBIBYTE = 2 ** 30;

type Fields = Readonly<Record<string, string | number>>;

/** The fields that every version has, of a server with 1 GiB of data. */
const FIELDS: Fields = {
  redis_version: '7.2.11',
  redis_mode: 'standalone',
  run_id: 'a'.repeat(40),
  uptime_in_seconds: 1000,
  used_memory: GIBIBYTE,
  used_memory_peak: GIBIBYTE,
  used_memory_rss: 1.1 * GIBIBYTE,
  evicted_keys: 0,
  total_net_input_bytes: 0,
  role: 'master',
};

/** The section of a server in a file; a field without a value is left out. */
export function section(name: string, fields: Fields = {}): string {
  const all = Object.entries({ ...FIELDS, ...fields }).filter(([, value]) => value !== '');
  const lines = all.map(([field, value]) => `${field}:${typeof value === 'number' ? Math.round(value) : value}`);
  return `== ${name}\n# Server\n${lines.join('\n')}\n# Keyspace\n`;
}

export function server(fields: Fields = {}): ServerInfo {
  return serversIn(section('old:6379', fields), 'info.txt')[0];
}

/**
 * INFO of Redis 2.8, written by hand from its documentation: no allocator, no copy-on-write, no maxmemory.
 */
export const INFO_2_8 = `== old:6379
# Server
redis_version:2.8.24
redis_git_sha1:00000000
redis_mode:standalone
run_id:73ad0a3a7b7c2f3e7ee5a1a1f4e0b9c4c5a3a2d1
tcp_port:6379
uptime_in_seconds:864000
# Clients
connected_clients:12
# Memory
used_memory:1073741824
used_memory_human:1.00G
used_memory_rss:1234803098
used_memory_peak:1288490188
used_memory_lua:36864
mem_fragmentation_ratio:1.15
mem_allocator:jemalloc-3.6.0
# Persistence
loading:0
rdb_changes_since_last_save:1234
rdb_bgsave_in_progress:0
rdb_last_bgsave_time_sec:9
aof_enabled:0
aof_last_rewrite_time_sec:-1
# Stats
total_connections_received:100
instantaneous_ops_per_sec:250
evicted_keys:0
# Replication
role:master
connected_slaves:0
master_repl_offset:0
repl_backlog_active:0
repl_backlog_size:1048576
# CPU
used_cpu_sys:1.00
# Keyspace
db0:keys=1000,expires=0,avg_ttl=0
maxmemory
2147483648
`;

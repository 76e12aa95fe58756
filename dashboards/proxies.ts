// The proxies, their bridges, and a move.

import { OF_FLEET, ofJob, type Part, stat, timeline, timeSeries } from './panels';

const rate = (name: string): string => `rate(nutcracker_${name}{${OF_FLEET}}[$__rate_interval])`;

const ROUTES = { '0': { text: 'no server', color: 'red' }, '1': { text: 'routed', color: 'green' } };

export function proxies(): Part[] {
  return [
    timeSeries('Requests', { description: 'That each proxy sent to shards.', unit: 'reqps' }, [
      `sum by (pod) (${rate('server_requests_total')})`,
      '{{pod}}',
    ]),
    timeSeries('Clients', { description: 'Connections of clients to each proxy.' }, [
      `sum by (pod) (nutcracker_client_connections{${OF_FLEET}})`,
      '{{pod}}',
    ]),
    timeSeries(
      'Rings',
      { description: 'Proxies by the fingerprint of their rings: more than one outside of a rollout is a fault.' },
      [`count by (ring) (nutcracker_up{${OF_FLEET}})`, '{{ring}}'],
    ),
    timeSeries('Connection errors', { description: 'Failed and closed connections of all proxies to a shard.' }, [
      `sum by (shard) (${rate('server_errors_total')} + ${rate('server_eof_total')})`,
      'shard {{shard}}',
    ]),
    timeSeries('Timeouts', { description: 'Requests without a reply in time.' }, [
      `sum by (shard) (${rate('server_timeouts_total')})`,
      'shard {{shard}}',
    ]),
    timeSeries('Queues', { description: 'Requests that wait, of each proxy.' }, [
      `sum by (pod) (nutcracker_server_in_queue{${OF_FLEET}} + nutcracker_server_out_queue{${OF_FLEET}})`,
      '{{pod}}',
    ]),
    timeline(
      'Routes of the bridges',
      { description: 'Whether every bridge has a server for the shard.', need: 'bridge' },
      ROUTES,
      [`min by (shard) (haproxy_backend_status{${OF_FLEET},state="UP"})`, '{{shard}}'],
    ),
  ];
}

export function move(): Part[] {
  const link = `redis_master_link_up{${OF_FLEET}}`;
  return [
    stat(
      'Moved',
      { description: 'Shards whose new server is the master.' },
      `count(redis_instance_info{${OF_FLEET},role="master"}) or vector(0)`,
    ),
    stat('In sync', { description: 'New servers with a link to their master.' }, `sum(${link}) or vector(0)`),
    stat(
      'Synchronizing',
      { description: 'New servers that receive the data of their old server.' },
      `sum(redis_master_sync_in_progress{${OF_FLEET}}) or vector(0)`,
    ),
    timeSeries(
      'Progress',
      { description: 'Shards by the state of their new server.', width: 12 },
      [`count(redis_instance_info{${OF_FLEET},role="master"}) or vector(0)`, 'moved'],
      [`sum(${link}) or vector(0)`, 'in sync'],
      [`sum(redis_master_sync_in_progress{${OF_FLEET}}) or vector(0)`, 'synchronizing'],
    ),
    timeSeries('Shards of the running Job', { description: 'By their state.' }, [
      `sum by (command, state) (${ofJob('shards')})`,
      '{{command}}: {{state}}',
    ]),
    timeSeries(
      'Data that arrives',
      { description: 'Of the running synchronizations.', unit: 'bytes' },
      [ofJob('bytes'), 'arrived'],
      [ofJob('bytes_in_all'), 'all'],
    ),
    timeSeries('Lag', { description: 'The largest of a new server.', unit: 'bytes' }, [ofJob('lag_bytes'), 'lag']),
    timeSeries(
      'Data on the new servers',
      { description: 'Memory in use of all new servers.', unit: 'bytes', width: 12 },
      [`sum(redis_memory_used_bytes{${OF_FLEET},server="a"})`, 'used'],
    ),
  ];
}

import { type PlannedShard } from '../../../lib/migration/plan';
import { Info } from '../../../migrator/redis/info';
import { MEANING, stateOf } from '../../../migrator/shard/shard-state';
import { type ServerView, viewOf } from '../../../migrator/redis/server-view';

const SHARD: PlannedShard = {
  shard: 0,
  servers: [{ pool: 'a', ringName: 'a', weight: 1 }],
  old: 'old:1',
  new: 'new.:2',
  newForOld: '10.0.0.9:3',
};

function view(fields: Record<string, string>): ServerView {
  return viewOf(
    Info.parse(
      Object.entries(fields)
        .map(([name, value]) => `${name}:${value}`)
        .join('\r\n'),
    ),
  );
}

function follower(of: string, fields: Record<string, string> = {}): ServerView {
  const [master_host, master_port] = of.split(':');
  return view({ role: 'slave', master_host, master_port, master_link_status: 'up', ...fields });
}

const MASTER = view({ role: 'master' });
const NOWHERE = follower('127.0.0.1:1', { master_link_status: 'down' });
const UNREACHABLE = undefined;

test.each([
  ['waiting', MASTER, NOWHERE],
  ['in sync', MASTER, follower('old:1')],
  ['syncing', MASTER, follower('old:1', { master_link_status: 'down' })],
  ['syncing', MASTER, follower('old:1', { master_sync_in_progress: '1' })],
  ['syncing', MASTER, follower('old:1', { loading: '1' })],
  ['syncing', MASTER, follower('old:1', { aof_enabled: '1', aof_rewrite_in_progress: '1' })],
  ['syncing', MASTER, follower('old:1', { aof_enabled: '1', aof_rewrite_scheduled: '1' })],
  ['syncing', MASTER, follower('old:1', { aof_enabled: '1', aof_last_bgrewrite_status: 'err' })],
  ['in sync', MASTER, follower('old:1', { aof_enabled: '0', aof_last_bgrewrite_status: 'err' })],
  ['split brain', MASTER, MASTER],
  ['new unreachable', MASTER, UNREACHABLE],
  ['foreign', MASTER, follower('elsewhere:1')],
  ['fenced', NOWHERE, follower('old:1', { master_link_status: 'down' })],
  ['moved', NOWHERE, MASTER],
  ['returning', NOWHERE, NOWHERE],
  ['following', follower('10.0.0.9:3'), MASTER],
  ['returning', follower('10.0.0.9:3'), NOWHERE],
  ['foreign', follower('10.0.0.9:3'), follower('old:1')],
  ['foreign', follower('new.:2'), MASTER],
  ['foreign', follower('elsewhere:1'), MASTER],
  ['moved', UNREACHABLE, MASTER],
  ['old unreachable', UNREACHABLE, NOWHERE],
  ['old unreachable', UNREACHABLE, follower('old:1', { master_link_status: 'down' })],
] as const)('%s', (state, old, fresh) => {
  expect(stateOf(SHARD, old, fresh)).toBe(state);
  expect(MEANING[state]).not.toBe('');
});

test('without newForOld, the old server follows the new one at its address in the plan', () => {
  expect(stateOf({ ...SHARD, newForOld: undefined }, follower('new.:2'), MASTER)).toBe('following');
});

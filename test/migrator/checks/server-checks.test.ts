// The checks of preflight for versions, clocks and TLS that test servers do not have.

import { type ServerDetails, detailsOf } from '../../../migrator/checks/server-details';
import { Pair, type PairView } from '../../../migrator/shard/pair';
import { type BothServers, serverChecks } from '../../../migrator/checks/server-checks';
import { type PlannedShard, type PlannedTls } from '../../../lib/migration/plan';
import { Version } from '../../../migrator/redis/version';
import { Lab } from '../../lab/lab';
import { started } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
let found: (old: Partial<ServerDetails>, fresh: Partial<ServerDetails>, keepLegacyInSync?: boolean) => string[];
let messages: (terms: Partial<BothServers>) => string[];

beforeAll(async () => {
  lab = new Lab();
  const { access, shards } = (await started(lab)).contextOf();
  const pair = await Pair.connect(shards[0], access);
  const pairView = (await pair.observe()) as Required<PairView>;
  const [old, fresh] = [await detailsOf(pair.old, pairView.old), await detailsOf(pair.new, pairView.new)];
  pair.close();
  messages = (terms) => {
    const both = { old, new: fresh, keepLegacyInSync: false, shard: shards[0], password: access.password, ...terms };
    return serverChecks(both).map(({ message }) =>
      message.replaceAll(shards[0].old, 'OLD').replaceAll(shards[0].new, 'NEW'),
    );
  };
  found = (ofOld, ofNew, keepLegacyInSync = false) => {
    const both = { old: { ...old, ...ofOld }, new: { ...fresh, ...ofNew }, keepLegacyInSync, shard: shards[0] };
    return serverChecks({ ...both, password: access.password }).map(({ severity, code }) => `${severity} ${code}`);
  };
});
afterAll(async () => {
  Pairs.disconnectAll();
  await lab.close();
});

test.each([
  ['7.0.15', '7.2.11', true, ['warning lossy-rollback']],
  ['7.0.15', '7.2.11', false, []],
  ['7.2.4', '7.2.11', true, []],
] as const)('whether %s can follow %s after the cutover (keepLegacyInSync: %s): %j', (old, fresh, isTo, expected) => {
  expect(found({ version: Version.parse(old) }, { version: Version.parse(fresh) }, isTo)).toEqual(expected);
});

test.each([
  ['agree', 30, 1, []],
  ['differ', 1500, 1, ['warning clock']],
  ['may agree, because a reply took long', 1500, 1500, []],
  ['differ, although a reply took long', 9000, 1500, ['warning clock']],
])('clocks %s', (_, ahead, within, expected) => {
  const clock = { ahead: 5000, within: 1 };
  expect(found({ clock }, { clock: { ahead: 5000 + ahead, within } })).toEqual(expected);
  expect(found({ clock: { ahead: 5000 + ahead, within } }, { clock })).toEqual(expected);
});

test('a shard without a certificate cannot follow an old server with TLS', () => {
  expect(messages({ tls: { new: false, old: true } })).toEqual([
    'NEW has no certificate, so it cannot follow OLD by TLS; apply the shards of this plan (tls), and wait until they have restarted',
  ]);
  expect(messages({ tls: { new: false, old: false } })).toEqual([]);
});

test.each<[string, PlannedTls | undefined, Partial<PlannedShard>, boolean]>([
  ['the port with TLS', { new: true, old: false }, {}, true],
  ['the other port of a shard with both', { new: true, old: false }, { newForOld: 'shard-0:6379' }, false],
  ['the port without TLS', { new: false, old: false }, {}, false],
  ['the other one', { new: false, old: false }, { newForOld: 'shard-0:6389' }, true],
  ['a tunnel', { new: true, old: false }, { newForOld: 'tunnel:6379' }, false],
  ['another address of a fleet without TLS', undefined, { newForOld: 'node:30000' }, false],
])('an old server without TLS cannot follow a shard at %s: %j %j %s', (_what, tls, ports, isWrong) => {
  const shard = { new: tls?.new ? 'shard-0:6389' : 'shard-0:6379', ...ports };
  const [message = ''] = messages({ tls, keepLegacyInSync: true, shard });
  expect(message.includes('OLD would follow without TLS after the cutover, and shard-0:')).toBe(isWrong);
  expect(message.includes('set tls-replication there to yes, with the authorities of the shards')).toBe(isWrong);
});

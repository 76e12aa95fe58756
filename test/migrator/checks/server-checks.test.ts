// The checks of preflight for versions and clocks that test servers do not have.

import { type ServerDetails, detailsOf } from '../../../migrator/checks/server-details';
import { Pair, type PairView } from '../../../migrator/shard/pair';
import { serverChecks } from '../../../migrator/checks/server-checks';
import { Version } from '../../../migrator/redis/version';
import { Lab } from '../../lab/lab';
import { started } from '../findings';
import { Pairs } from '../pairs';

let lab: Lab;
let found: (old: Partial<ServerDetails>, fresh: Partial<ServerDetails>, keepLegacyInSync?: boolean) => string[];

beforeAll(async () => {
  lab = new Lab();
  const { access, shards } = (await started(lab)).contextOf();
  const pair = await Pair.connect(shards[0], access);
  const pairView = (await pair.observe()) as Required<PairView>;
  const [old, fresh] = [await detailsOf(pair.old, pairView.old), await detailsOf(pair.new, pairView.new)];
  pair.close();
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

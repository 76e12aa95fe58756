import { Version } from '../../../migrator/redis/version';

const follow = (replica: string, master: string): boolean => Version.parse(replica).canFollow(Version.parse(master));

test.each([
  ['7.0.15', '2.8.24', true],
  ['7.0.15', '7.0.0', true],
  ['7.0.15', '7.2.0', false],
  ['7.2.11', '7.0.15', true],
  ['7.2.11', '7.4.0', false],
  ['8.0.1', '7.4.0', true],
  ['7.4.1', '8.0.0', true], // both write format 12
  ['5.0.14', '6.2.14', true], // format 9 in all of them
  ['8.0.0', '8.2.0', false], // later than this program knows
  ['8.2.0', '8.2.1', true],
  ['8.4.0', '8.2.1', true],
] as const)('a %s as the replica of a %s: %s', (replica, master, works) => {
  expect(follow(replica, master)).toBe(works);
});

test.each([
  ['2.8.24', { pausesWrites: false, saysReplica: false, hasUsers: false }],
  ['4.0.14', { pausesWrites: false, saysReplica: false, hasUsers: false }],
  ['6.0.20', { pausesWrites: false, saysReplica: true, hasUsers: true }],
  ['6.2.0', { pausesWrites: true, saysReplica: true, hasUsers: true }],
] as const)('what %s can do', (version, abilities) => {
  const { pausesWrites, saysReplica, hasUsers } = Version.parse(version);
  expect({ pausesWrites, saysReplica, hasUsers }).toEqual(abilities);
});

import { Info } from '../../../migrator/redis/info';
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
  ['8.0.0', '8.4.0', true],
  ['8.4.0', '8.6.0', false],
  ['8.6.1', '8.8.0', false],
  ['8.8.0', '8.10.0', false], // later than this program knows
  ['8.10.0', '8.10.1', true],
] as const)('a %s as the replica of a %s: %s', (replica, master, works) => {
  expect(follow(replica, master)).toBe(works);
});

test.each([
  ['2.8.24', { pausesWrites: false, usesReplicaNames: false, hasUsers: false }],
  ['4.0.14', { pausesWrites: false, usesReplicaNames: false, hasUsers: false }],
  ['6.0.20', { pausesWrites: false, usesReplicaNames: true, hasUsers: true }],
  ['6.2.0', { pausesWrites: true, usesReplicaNames: true, hasUsers: true }],
] as const)('what %s can do', (version, abilities) => {
  const { pausesWrites, usesReplicaNames, hasUsers } = Version.parse(version);
  expect({ pausesWrites, usesReplicaNames, hasUsers }).toEqual(abilities);
});

describe('other programs', () => {
  const of = (text: string): Version => Version.of(Info.parse(text.replaceAll(' ', '\r\n')));
  const valkey = (version: string): Version => of(`redis_version:7.2.4 server_name:valkey valkey_version:${version}`);

  test.each([
    ['7.2.11', '8.1.3', true],
    ['7.0.15', '8.0.1', false],
    ['7.2.11', '9.0.0', false],
    ['8.8.0', '9.0.0', false],
  ])('a Redis %s as the replica of a Valkey %s: %s', (redis, version, works) => {
    expect(Version.parse(redis).canFollow(valkey(version))).toBe(works);
    expect(valkey(version)).toMatchObject({
      name: `Valkey ${version}`,
      unsupportedReason: undefined,
      pausesWrites: true,
    });
  });

  test.each([
    ['8.1.3', '7.2.11', true],
    ['9.0.0', '7.2.11', true],
    ['9.0.0', '7.4.0', false],
    ['8.1.3', '7.4.0', false],
  ])('a Valkey %s as the replica of a Redis %s: %s', (version, redis, works) => {
    expect(valkey(version).canFollow(Version.parse(redis))).toBe(works);
  });

  test.each([
    ['8.0.1', '8.1.0', true],
    ['8.1.0', '9.0.0', false],
    ['9.1.0', '9.0.3', true],
    ['9.1.0', '9.2.0', false],
  ])('a Valkey %s as the replica of a Valkey %s: %s', (replica, master, works) => {
    expect(valkey(replica).canFollow(valkey(master))).toBe(works);
  });

  test.each([
    ['redis_version:6.3.4 executable:/data/keydb-server', 'KeyDB 6.3.4'],
    ['redis_version:6.3.4 mvcc_depth:0', 'KeyDB 6.3.4'],
    ['redis_version:7.4.0 dragonfly_version:df-v1.40.1', 'Dragonfly df-v1.40.1'],
    ['redis_version:7.4.3 garnet_version:1.0.60', 'Garnet 1.0.60'],
    ['redis_version:7.4.0 rlec_version:7.8.2', 'Redis Enterprise 7.8.2'],
    ['pika_version:3.5.5 redis_version:4.0.0', 'Pika 3.5.5'],
    ['tcp_port:6379', 'a server without a redis_version'],
  ])('%s is %s, and is rejected', (info, name) => {
    expect(of(info).name).toBe(name);
    expect(of(info).unsupportedReason).toBeDefined();
  });
});

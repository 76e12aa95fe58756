import { HashType, NutcrackerPool, NutcrackerServer } from '../../lib/nutcracker';
import { ringFingerprint } from '../../lib/nutcracker/ring-fingerprint';
import { LIVE } from '../lab/fleet-charts';

const ordinals = [0, 1, 2, 3];

function of(changes: Partial<NutcrackerPool['settings']>, places = ordinals): string {
  return ringFingerprint([{ pool: new NutcrackerPool({ ...LIVE.settings, ...changes }), ordinals: places }]);
}

test('addresses, ports, timeouts and passwords do not change the fingerprint', () => {
  const servers = LIVE.servers.map(
    ({ ringName, weight }, i) => new NutcrackerServer({ address: `127.0.0.1:${10_000 + i}`, name: ringName, weight }),
  );
  expect(of({ servers, listen: '0.0.0.0:1', timeout: 1, redisAuth: 'other' })).toBe(of({}));
  expect(of({})).toMatch(/^[0-9a-f]{16}$/);
});

test('everything that places keys does', () => {
  const heavier = LIVE.servers.map(
    ({ address, ringName, weight }) => new NutcrackerServer({ address, name: ringName, weight: weight + 1 }),
  );
  const all = [
    of({}),
    of({ hash: HashType.MURMUR }),
    of({ hashTag: undefined }),
    of({ servers: heavier }),
    of({ servers: LIVE.servers.slice(1) }, [1, 2, 3]),
    of({ name: 'other' }),
    of({}, [1, 0, 2, 3]),
    ringFingerprint([]),
  ];
  expect(new Set(all).size).toBe(all.length);
});

import { readFileSync } from 'node:fs';
import { HashType, NutcrackerServer } from '../../lib/nutcracker';
import { HASH_FUNCTIONS } from '../../lib/nutcracker/hashes';
import { IS_LONG } from '../lab/cases';
import { Lab } from '../lab/lab';
import { placementsOfNutcracker } from '../lab/placement';
import {
  computed,
  FLEETS,
  type Golden,
  GOLDEN_FILE,
  GOLDEN_FILE_OF_ARM64,
  KEYS,
  placements,
  placesIn,
  poolsOf,
} from './placement-cases';

function read(file: string): Golden & { readonly keyBytes: Buffer[] } {
  const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  return { ...golden, keyBytes: golden.keys.map((key) => Buffer.from(key, 'base64')) };
}

const QUICK = ['four named servers of wild weights', 'odd names'];

describe('HashRing puts every key where the real nutcracker sends it', () => {
  const lab = new Lab();
  afterAll(() => lab.close());
  const block = `127.${64 + Math.floor(Math.random() * 64)}.${Math.floor(Math.random() * 256)}`;

  test.each(Object.entries(FLEETS).filter(([name]) => IS_LONG || QUICK.includes(name)))('%s', async (_, fleet) => {
    const pools = poolsOf(fleet(block));
    expect(computed(pools, KEYS)).toEqual(placements(pools, await placementsOfNutcracker(lab, pools, KEYS)));
  });
});

describe('HashRing puts every key where the recorded nutcracker sent it', () => {
  const { fleets, keyBytes } = read(GOLDEN_FILE);

  test.each(Object.entries(fleets))('%s', (_, fleet) => {
    const pools = poolsOf(fleet.servers.map((server) => new NutcrackerServer(server)));
    expect(computed(pools, keyBytes)).toEqual(fleet.placements);
  });
});

describe('on arm64 only non-ASCII keys have other servers, and only with hashes that read signed bytes', () => {
  const { fleets, keyBytes } = read(GOLDEN_FILE_OF_ARM64);
  const { servers, placements: onArm64 } = fleets[Object.keys(fleets)[0]];
  const here = computed(poolsOf(servers.map((server) => new NutcrackerServer(server))), keyBytes);

  test.each(Object.values(HashType))('%s', (hash) => {
    const pools = Object.keys(onArm64).filter((pool) => pool.startsWith(`${hash} `));
    const moved = pools.flatMap((pool) => {
      const there = placesIn(onArm64[pool], keyBytes.length);
      const onX86 = placesIn(here[pool], keyBytes.length);
      return keyBytes.filter((_, i) => onX86[i] !== there[i]);
    });
    expect(moved.length > 0).toBe(HASH_FUNCTIONS[hash].readsSignedBytes);
    expect(moved.filter((key) => key.every((byte) => byte < 0x80))).toEqual([]);
  });
});

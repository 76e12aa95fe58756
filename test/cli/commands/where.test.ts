import fc from 'fast-check';
import { placeLines, Placements } from '../../../cli/commands/where';
import { HashRing } from '../../../lib/nutcracker';
import { configFile, pool, servers } from '../configurations';
import { inputOf } from '../program';

const ring = HashRing.of(configFile('nutcracker.yml', pool('alpha', servers(108), "hash_tag: '{}'")).pool());

async function place(placements: Placements, ...chunks: readonly Uint8Array[]): Promise<Buffer> {
  const lines: Uint8Array[] = [];
  // The chunks are copied later, as by a slow writable stream.
  for await (const some of placeLines(inputOf(...chunks).read('-'), placements)) lines.push(some);
  return Buffer.concat(lines);
}

/** Keys of arbitrary bytes, some long, with many characters that JSON has to escape. */
const key = fc
  .oneof(
    fc.array(fc.oneof(fc.constantFrom(...Buffer.from('{}"\\\t\r\u007f')), fc.nat(255)), { maxLength: 90 }),
    fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]),
    fc.constant([...Buffer.from('\uFEFFkey')]),
  )
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10)));
const keys = fc.array(key, { minLength: 1, maxLength: 30 });
const cuts = fc.array(fc.nat(500), { maxLength: 4 });

/** The keys, one per line, split into chunks. */
function chunksOf(all: readonly Buffer[], at: readonly number[]): Buffer[] {
  const text = Buffer.concat(all.flatMap((one) => [one, Buffer.from('\n')]));
  const bounds = [0, ...[...at].sort((a, b) => a - b), text.length];
  return bounds.slice(1).map((bound, i) => text.subarray(bounds[i], bound));
}

test('as text, each key is printed byte for byte, followed by ring name and address', async () => {
  await fc.assert(
    fc.asyncProperty(keys, cuts, async (all, at) => {
      const text = await place(Placements.asText(ring), ...chunksOf(all, at));
      const expected = all.map((one) => {
        const { ringName, address } = ring.pool.servers[ring._indexOf(one)];
        return Buffer.concat([one, Buffer.from(`\t${ringName}\t${address}\n`)]);
      });
      expect(text.equals(Buffer.concat(expected))).toBe(true);
    }),
  );
});

test('as JSON, each key can be decoded from its line; it is in base64 if it is not UTF-8', async () => {
  await fc.assert(
    fc.asyncProperty(keys, cuts, async (all, at) => {
      const lines = String(await place(Placements.asJson(ring), ...chunksOf(all, at))).split('\n');
      expect(lines.pop()).toBe('');
      const objects = lines.map((line) => JSON.parse(line));
      expect(objects.map((one) => Buffer.from(one.key ?? one.keyBase64, 'key' in one ? 'utf8' : 'base64'))).toEqual(
        all,
      );
      expect(objects.map(({ index }) => index)).toEqual(all.map((one) => ring._indexOf(one)));
      for (const { index, server, address } of objects) {
        expect(ring.pool.servers[index]).toMatchObject({ ringName: server, address });
      }
    }),
  );
});

test('a JSON line has the key as a string if it is UTF-8', async () => {
  const utf8 = Buffer.from('ключ "1"\n');
  const binary = Buffer.from([0xc3, 0x28, 10]);
  const [first, second] = String(await place(Placements.asJson(ring), utf8, binary)).split('\n');
  expect(Object.keys(JSON.parse(first))).toEqual(['key', 'server', 'address', 'index']);
  expect(JSON.parse(first).key).toBe('ключ "1"');
  expect(JSON.parse(second)).toMatchObject({ keyBase64: 'wyg=' });
});

test('a chunk is read only after the lines of the previous one are taken, so a slow reader slows down the pipe', async () => {
  let read = 0;
  async function* endless() {
    for (;;) yield Promise.resolve(Buffer.from(`key:${++read}\n`));
  }
  const lines = placeLines(endless(), Placements.asText(ring));
  for (let taken = 1; taken <= 5; taken++) {
    await lines.next();
    expect(read).toBe(taken);
  }
  await lines.return(undefined);
});

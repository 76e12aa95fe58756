// A digest depends on the data only, not on the encoding, the order of writes or the version.

import fc from 'fast-check';
import { type Redis } from 'ioredis';
import { directSender } from '../../../migrator/redis/command-sender';
import { KeyReader } from '../../../migrator/data/key-reader';
import { RedisServer } from '../../../migrator/redis/server';
import { Version } from '../../../migrator/redis/version';
import { connect } from '../../lab/clients';
import { freePort, Lab } from '../../lab/lab';

interface Side {
  readonly client: Redis;
  readonly server: RedisServer;
}

let lab: Lab;
let packed: Side;
let spread: Side;
let knowsStreams: boolean;

beforeAll(async () => {
  lab = new Lab();
  // The names before 7.0, which later versions accept as well.
  const limits = ['hash-max-ziplist-entries', 'zset-max-ziplist-entries', 'set-max-intset-entries'];
  const settings = (entries: number): string[] => limits.flatMap((name) => [`--${name}`, String(entries)]);
  packed = await side('redis-server', [...settings(10_000), '--hash-max-ziplist-value', '1000']);
  spread = await side(process.env.OLD_REDIS_SERVER ?? 'redis-server', settings(0));
  knowsStreams = Version.of(await spread.server.info()).isAtLeast(5, 0);
});

afterAll(async () => {
  for (const { client, server } of [packed, spread]) {
    client.disconnect();
    server.close();
  }
  await lab.close();
});

async function side(binary: string, settings: readonly string[]): Promise<Side> {
  const port = await freePort();
  const program = lab.start(binary, ['--port', String(port), '--save', '', ...settings]);
  const client = connect(port, '', { password: undefined });
  await program.ready(() => client.ping().then(Boolean, () => false));
  return { client, server: await RedisServer.connect(`127.0.0.1:${port}`) };
}

/** A value, and how it is written. */
interface Value {
  readonly type: string;
  readonly parts: readonly (Buffer | number)[];
  /** How many parts an element has. */
  readonly size: number;
}

const bytes = (maxLength = 40) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const text = (member: Buffer): string => member.toString('latin1');
const unique = (maxLength: number) => fc.uniqueArray(bytes(), { minLength: 1, maxLength, selector: text });
const score = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(0.1, -0, Infinity, -Infinity, 1e300, 5e-324, 2 ** 53 + 2),
);
const numbers = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 600 });

const values: fc.Arbitrary<Value> = fc.oneof(
  fc.oneof(bytes(), bytes(80_000)).map((part) => ({ type: 'string', parts: [part], size: 1 })),
  fc.array(bytes(), { minLength: 1, maxLength: 400 }).map((parts) => ({ type: 'list', parts, size: 1 })),
  unique(400).map((parts) => ({ type: 'set', parts, size: 1 })),
  numbers.map((all) => ({ type: 'set', parts: all.map((it) => Buffer.from(String(it))), size: 1 })),
  fc.tuple(unique(400), fc.infiniteStream(bytes())).map(([fields, stream]) => ({
    type: 'hash',
    parts: fields.flatMap((field) => [field, stream.next().value]),
    size: 2,
  })),
  fc.tuple(unique(400), fc.infiniteStream(score)).map(([members, stream]) => ({
    type: 'zset',
    parts: members.flatMap((member) => [stream.next().value, member]),
    size: 2,
  })),
  fc.array(bytes(), { minLength: 1, maxLength: 300 }).map((parts) => ({ type: 'stream', parts, size: 1 })),
);

const COMMANDS: Record<string, string> = { string: 'SET', list: 'RPUSH', set: 'SADD', hash: 'HMSET', zset: 'ZADD' };

function elementsOf({ parts, size }: Value): (Buffer | number)[][] {
  return parts.flatMap((_, i) => (i % size === 0 ? [parts.slice(i, i + size)] : []));
}

async function write({ client }: Side, value: Value, { backwards = false } = {}): Promise<void> {
  await client.del('key');
  const isOrdered = ['string', 'list', 'stream'].includes(value.type);
  const elements = elementsOf(value);
  if (backwards && !isOrdered) elements.reverse();
  if (value.type === 'stream') {
    const lines = elements.map(([part], i) => client.call('XADD', 'key', `${i + 1}-1`, 'field', part as Buffer));
    await Promise.all(lines);
    return;
  }
  const words = elements.flat().map((part) => (typeof part === 'number' ? written(part) : part));
  await client.call(COMMANDS[value.type], 'key', ...words);
}

function written(number: number): string {
  if (Number.isFinite(number)) return Object.is(number, -0) ? '-0' : String(number);
  return number > 0 ? 'inf' : '-inf';
}

async function digest({ server }: Side): Promise<string | undefined> {
  const [snapshot] = await new KeyReader(directSender(server), false).snapshotsOf([Buffer.from('key')]);
  return snapshot.digest;
}

/** Changes one byte of an element, removes it, or repeats it. */
function changed(value: Value, at: number, how: 'byte' | 'less' | 'twice'): Value | undefined {
  const elements = elementsOf(value);
  const i = at % elements.length;
  const withElements = (...others: (Buffer | number)[][]): Value => ({
    ...value,
    parts: [...elements.slice(0, i), ...others, ...elements.slice(i + 1)].flat(),
  });
  if (how === 'twice' && (value.type === 'list' || value.type === 'stream')) {
    return withElements(elements[i], elements[i]);
  }
  if (how !== 'byte' && value.type !== 'string') return elements.length > 1 ? withElements() : undefined;
  const part = elements[i][value.size - 1] as Buffer;
  if (part.length === 0) return undefined;
  const other = Buffer.from(part);
  other[at % other.length] ^= 1;
  return withElements([...elements[i].slice(0, -1), how === 'byte' ? other : part.subarray(1)]);
}

/** The value, sorted if its order has no meaning. */
function meaning(value: Value): string {
  const elements = elementsOf(value).map((parts) =>
    parts.map((part) => (typeof part === 'number' ? String(part) : text(part))),
  );
  if (['string', 'list', 'stream'].includes(value.type)) return JSON.stringify(elements);
  const name = value.type === 'zset' ? 1 : 0;
  return JSON.stringify([...new Map(elements.map((it) => [it[name], it[1 - name]]))].sort());
}

test('equal data has equal digests, and every single change a different one', async () => {
  const how = fc.constantFrom('byte' as const, 'less' as const, 'twice' as const);
  const example = fc.record({ value: values, at: fc.nat(), how });
  await fc.assert(
    fc.asyncProperty(example, async ({ value, at, how: way }) => {
      fc.pre(knowsStreams || value.type !== 'stream');
      await write(packed, value);
      await write(spread, value, { backwards: true });
      const before = await digest(packed);
      expect(before).toBeDefined();
      expect(await digest(spread)).toBe(before);

      const other = changed(value, at, way);
      fc.pre(other !== undefined && other.parts.length > 0 && meaning(other) !== meaning(value));
      await write(spread, other);
      expect(await digest(spread)).not.toBe(before);
    }),
    { numRuns: 150 },
  );
});

test('consumer groups are part of a stream, delivery counts are not', async () => {
  if (!knowsStreams) return;
  for (const { client } of [packed, spread]) {
    await client.del('key');
    for (let i = 1; i <= 300; i++) await client.call('XADD', 'key', `${i}-0`, 'field', 'value');
    await client.xgroup('CREATE', 'key', 'group', '0');
    await client.xreadgroup('GROUP', 'group', 'anna', 'COUNT', 200, 'STREAMS', 'key', '>');
  }
  const before = await digest(packed);
  await spread.client.xreadgroup('GROUP', 'group', 'anna', 'STREAMS', 'key', '0');
  expect(await digest(spread)).toBe(before);
  await spread.client.xack('key', 'group', '150-0');
  expect(await digest(spread)).not.toBe(before);
});

test('large values are read in small pieces', async () => {
  const keys = Array.from({ length: 24 }, (_, i) => Buffer.from(`large ${i}`));
  // A scan returns all elements of a hash table bucket, which the server chooses at random: a small part of many.
  const numbered = Array.from({ length: 100 }, (_, i) => `${i}`);
  const part = 'x'.repeat(10_000);
  for (const [i, key] of keys.entries()) {
    await packed.client.del(key);
    if (i % 3 === 0) await packed.client.hmset(key, ...numbered.flatMap((n) => [n, part]));
    if (i % 3 === 1) await packed.client.rpush(key, ...numbered.map((n) => part + n));
    if (i % 3 === 2) await packed.client.set(key, part.repeat(100));
  }
  const sizes: number[] = [];
  const send = directSender(packed.server);
  const reader = new KeyReader(async (commands) => {
    const before = reader.bytes;
    const results = await send(commands);
    sizes.push(before);
    return results;
  }, false);
  await reader.snapshotsOf(keys);
  await packed.client.del(...keys);
  expect(reader.bytes).toBeGreaterThan(24_000_000);
  const portions = sizes.map((size, i) => (sizes[i + 1] ?? reader.bytes) - size);
  expect(Math.max(...portions)).toBeLessThan(1_000_000);
});

test('a set that is resized while it is read counts each element once', async () => {
  const members = Array.from({ length: 20_000 }, (_, i) => `member ${i}`);
  for (const { client } of [packed, spread]) {
    await client.del('key');
    await client.sadd('key', ...members);
  }
  // Removed and added again, so that the table is being resized.
  await spread.client.sadd('key', ...members.map((member) => `x${member}`));
  await spread.client.srem('key', ...members.map((member) => `x${member}`));
  expect(await digest(spread)).toBe(await digest(packed));
});

import fc from 'fast-check';
import { KeyLines, visitKeys } from '../../../cli/input/key-lines';
import { inputOf } from '../program';

async function linesOf(...chunks: readonly Uint8Array[]): Promise<Buffer[]> {
  const lines: Buffer[] = [];
  await visitKeys(inputOf(...chunks).read('-'), (bytes, start, end) =>
    lines.push(Buffer.from(bytes.slice(start, end))),
  );
  return lines;
}

/** Bytes with many newlines. */
const bytes = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.nat(255) }, fc.constant(10)), { maxLength: 60 })
  .map((values) => Buffer.from(values));

test('the lines of a stream do not depend on its chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), async (chunks) => {
      const text = Buffer.concat(chunks).toString('latin1');
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      expect((await linesOf(...chunks)).map((line) => line.toString('latin1'))).toEqual(lines);
    }),
  );
});

test('the last line needs no newline, a carriage return is part of the key, an empty line is the empty key', async () => {
  const lines = await linesOf(Buffer.from('a\r\n\nb'));
  expect(lines.map(String)).toEqual(['a\r', '', 'b']);
});

test('a line longer than nutcracker can forward is refused before it fills the memory', () => {
  const lengths: number[] = [];
  const lines = new KeyLines((_, start, end) => lengths.push(end - start));
  const mebibyte = Buffer.alloc(2 ** 20, 'k');
  for (let i = 0; i < 16; i++) lines.push(mebibyte);
  lines.push(Buffer.from('\n'));
  expect(lengths).toEqual([2 ** 24]);

  for (let i = 0; i < 16; i++) lines.push(mebibyte);
  expect(() => {
    lines.push(Buffer.from('k'));
  }).toThrow(
    'key 2: it is longer than 16777216 bytes, the longest key that nutcracker forwards; write one key per line',
  );
});

import * as fc from 'fast-check';
import { joinWords, linesOf, splitWords } from '../../../lib/redis/config/text';
import { IS_LONG } from '../../lab/cases';
import { Lab } from '../../lab/lab';
import { configOf, whichAreAccepted } from '../real-redis';

const lab = new Lab();
afterAll(() => lab.close());

const words = (text: string) => [...linesOf(Buffer.from(text))].map((line) => line.words);
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((value) => !value.includes('\0'));

test('a name is read in lower case, a value unchanged', () => {
  expect(words('SAVE 900 1\r\n\tAppendFsync Always  ')).toEqual([
    ['save', '900', '1'],
    ['appendfsync', 'Always'],
  ]);
});

test('a comment takes a whole line; # elsewhere is a character', () => {
  expect(words('# a\n  # b\nrequirepass a#b # c')).toEqual([['requirepass', 'a#b', '#', 'c']]);
});

test.each([
  [String.raw`"a\x41\n\"\\\q"`, ['aA\n"\\q']],
  [String.raw`'a\x41\n\'"'`, [String.raw`a\x41\n'"`]],
  [String.raw`a\n`, [String.raw`a\n`]],
  [`pre"fix"`, ['prefix']],
  [String.raw`"\xc3\xa9"`, ['é']],
  ['"" \'\'', ['', '']],
])('%s is read as redis-server reads it', (written, read) => {
  expect(splitWords(written)).toEqual(read);
});

test.each(['"a', "'a", '"a"b', `'a'"b"`, '"a\\'])('%s is unbalanced', (written) => {
  expect(splitWords(written)).toBeUndefined();
});

test('bytes that are not text are refused with their line', () => {
  const [, line] = linesOf(Buffer.from('hz 10\nrequirepass "\\xff"\n'));
  expect(line).toMatchObject({ number: 2, words: [], problem: expect.stringContaining('not UTF-8') as string });
});

test('comments may be in any encoding', () => {
  expect([...linesOf(Buffer.from('# f\xfcr\nhz 10', 'latin1'))]).toEqual([
    { number: 2, words: ['hz', '10'], text: 'hz 10' },
  ]);
});

test('unusual quoting is one word exactly if it is for redis-server, and the same word', async () => {
  const odd = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '"', "'", '\\', 'x', '4', '1', '#', '\t', 'é', '\v'),
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(odd, { minLength: 4, maxLength: 4 }), async (values) => {
      const names = ['syslog-ident', 'ignore-warnings', 'masteruser', 'replica-announce-ip'];
      const lines = names.map((name, i) => `${name} ${values[i]}`);
      const read = lines.map((line) => [...linesOf(Buffer.from(line))][0].words);
      expect(read.map(({ length }) => length === 2)).toEqual(whichAreAccepted(lines));

      const accepted = lines.filter((_, i) => read[i].length === 2);
      const config = await configOf(lab, accepted.join('\n'));
      for (const [name, ...value] of read.filter(({ length }) => length === 2)) {
        expect([config[name]]).toEqual(value);
      }
    }),
    { numRuns: IS_LONG ? 25 : 8 },
  );
});

test('joined words split into the same words again, here and in redis-server', async () => {
  await fc.assert(
    fc.asyncProperty(text, text, async (first, second) => {
      const written = [`syslog-ident ${joinWords([first])}`, `ignore-warnings ${joinWords([second])}`];
      expect(splitWords(joinWords([first, second, '']))).toEqual([first, second, '']);
      const config = await configOf(lab, written.join('\n'));
      expect([config['syslog-ident'], config['ignore-warnings']]).toEqual([first, second]);
    }),
    { numRuns: 25 },
  );
});

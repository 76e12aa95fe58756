import * as fc from 'fast-check';
import { isKnown, objectionTo } from '../../../lib/redis/config/directive-checks';
import { KNOWN_COMMANDS } from '../../../lib/redis/config/known-commands';
import { KNOWN_DIRECTIVES } from '../../../lib/redis/config/known-directives';
import { newName, ruleFor } from '../../../lib/redis/config/directive-rules';
import { ServerVersion } from '../../../lib/redis/config/server-version';
import { joinWords } from '../../../lib/redis/config/text';
import { IS_LONG } from '../../lab/cases';
import { Lab } from '../../lab/lab';
import { configOf, whichAreAccepted, withServer } from '../real-redis';

const lab = new Lab();
afterAll(() => lab.close());

// Differs between builds, or depends on more than the line.
const NOT_COMPARED = ['activedefrag'];
const INSTALLED = ServerVersion.OLDEST;
const CANDIDATES = [
  'yes|NO|maybe||0|-0|1|-1|+1|007|10|101|65536|2147483648|9223372036854775808',
  '1k|1Kb|5mb|1tb|kb|kb1|50%|101%|-1%|everysec|noeviction|notice|save|Kx|swapdb',
].flatMap((row) => row.split('|'));
const SEVERAL = [
  '|900 1|900 1 60|0 1|60 0 30 1|0060 +1|nosave now|save nosave|default|50 99.9|50 101|0 200 800|0 200 8000|1 2',
  'normal 0 0 0|pubsub 1mb 1mb 0 slave 2gb 1k 60|master 0 0 0|normal 0 0',
].flatMap((row) => row.split('|'));
const multiple = Object.keys(KNOWN_DIRECTIVES).filter((name) => KNOWN_DIRECTIVES[name]?.several);
const single = Object.keys(KNOWN_DIRECTIVES).filter((name) => !multiple.includes(name) && !NOT_COMPARED.includes(name));

test('every directive of the real server is known or has a rule, and no other is known', async () => {
  const real = Object.keys(await configOf(lab, ''));
  const ruled = (name: string) => ruleFor(newName(name), []) !== undefined;
  expect(real.filter((name) => !isKnown(newName(name), INSTALLED) && !ruled(name))).toEqual([]);
  expect(Object.keys(KNOWN_DIRECTIVES).filter((name) => !real.includes(name) || ruled(name))).toEqual([]);
});

test('the commands are those of the real server', async () => {
  const real = (await withServer(lab, '', (client) => client.call('COMMAND', 'LIST'))) as string[];
  const commands = real.filter((name) => !name.includes('|'));
  expect([...KNOWN_COMMANDS].sort()).toEqual(commands.sort());
});

test('a value is accepted exactly if the real server accepts it', () => {
  const one = fc.record({
    name: fc.constantFrom(...single),
    args: fc.constantFrom(...CANDIDATES).map((value) => [value]),
  });
  const several = fc.record({
    name: fc.constantFrom(...multiple),
    args: fc.constantFrom(...SEVERAL).map((value) => value.split(' ')),
  });
  const lines = fc.sample(fc.oneof({ weight: 3, arbitrary: one }, several), IS_LONG ? 600 : 150);
  const accepted = whichAreAccepted(lines.map(({ name, args }) => `${name} ${joinWords(args)}`));
  const verdicts = (each: (i: number) => boolean): unknown[] => lines.map(({ name, args }, i) => [name, args, each(i)]);
  expect(verdicts((i) => objectionTo(lines[i], INSTALLED) === undefined)).toEqual(verdicts((i) => accepted[i]));
});

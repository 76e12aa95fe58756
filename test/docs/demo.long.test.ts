// Runs `npm run demo`, whose last lines the README shows.

import { run } from '../cli/program';
import { blocksOf } from './documents';

/** Figures differ between runs, and with them the spaces before them; the words do not. */
const withoutFigures = (text: string): string[] =>
  text.split('\n').map((line) =>
    line
      .replaceAll(/[\d,]+ */g, '')
      .replaceAll(/ +/g, ' ')
      .trim(),
  );

test('the demo of failover loses only what it may', async () => {
  const { code, stdout } = await run('npm', ['run', '--silent', 'demo', '--', '--failover']);
  expect([code, String(stdout)]).toEqual([0, expect.stringContaining('Nothing else was lost.')]);
});

test('the demo of a change of rings loses nothing', async () => {
  const { code, stdout } = await run('npm', ['run', '--silent', 'demo', '--', '--resize']);
  expect([code, String(stdout)]).toEqual([0, expect.stringContaining('Nothing was lost.')]);
});

test('the demo loses nothing, and prints the lines in the README', async () => {
  const { code, stdout } = await run('npm', ['run', '--silent', 'demo']);
  expect([code, String(stdout)]).toEqual([0, expect.stringContaining('Nothing was lost.')]);
  const [shown] = blocksOf('README.md').filter(({ language }) => language === 'text');
  const printed = withoutFigures(String(stdout));
  const words = (line: string): string => line.replace(/(ms).*$/, '$1');
  for (const line of withoutFigures(shown.text)) expect(printed.map(words)).toContain(words(line));
});

// `npm run demo`, whose end the README shows.

import { run } from '../cli/program';
import { blocksOf } from './documents';

/** Figures are of one run; the words around them are of every run. */
const withoutFigures = (text: string): string[] =>
  text.split('\n').map((line) => line.replaceAll(/[\d,]+ */g, '').trim());

test('the demo loses nothing, and says what the README shows', async () => {
  const { code, stdout } = await run('npm', ['run', '--silent', 'demo']);
  expect([code, String(stdout)]).toEqual([0, expect.stringContaining('Nothing was lost.')]);
  const [shown] = blocksOf('README.md').filter(({ language }) => language === 'text');
  const said = withoutFigures(String(stdout));
  const words = (line: string): string => line.replace(/(ms).*$/, '$1');
  for (const line of withoutFigures(shown.text)) expect(said.map(words)).toContain(words(line));
});

// docs/migrator.md says what the program says.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { COMMANDS, help } from '../../migrator/command-line';
import { ExitCode } from '../../migrator/outcome';
import { MEANING } from '../../migrator/shard-state';
import { ROOT } from '../lab/synthesized';

const text = fs.readFileSync(path.join(ROOT, 'docs/migrator.md'), 'utf8');

test.each(Object.entries(MEANING))('the state %s', (state, meaning) => {
  expect(text).toContain(`| \`${state}\` | ${meaning} |`);
});

test.each(Object.keys(COMMANDS))('the command %s', (name) => {
  expect(text).toContain(`| \`${name}\` |`);
});

test.each(Object.values(ExitCode).filter((code) => typeof code === 'number'))('the exit code %i', (code) => {
  expect(text).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  expect(help()).toMatch(new RegExp(`^  ${code}  `, 'm'));
});

// docs/reshard.md matches the program.

import { LOGIN_RULES, ringCheck } from '../../lib/twemproxy/ring-login';
import { COMMAND_LINE, COMMANDS } from '../../reshard/command-line';
import { readPlan } from '../../reshard/plan/plan-file';
import { EPOCHS, MEANING } from '../../reshard/server/epoch';
import { Lab } from '../lab/lab';
import { read } from './documents';

const text = read('docs/reshard.md');
test('the states of servers and fleets are those of the program, each with its meaning', () => {
  const rows = [...text.matchAll(/^\| `([\w ]+)` \| ([^|]+) \|$/gm)].map(([row]) => row);
  const states = [EPOCHS, MEANING].flatMap((table) => Object.entries(table));
  const expected = states.map(([state, meaning]) => `| \`${state}\` | ${meaning} |`);
  expect(rows.filter((row) => !/^\| `[a-z]+` \|/.test(row) || expected.includes(row)).sort()).toEqual(expected.sort());
});

test.each(Object.keys(COMMANDS))('the command %s is documented', (name) => {
  expect(text).toContain(`| \`${name}\` |`);
});

test('its options exist', () => {
  const help = Object.keys(COMMANDS).map((name) => COMMAND_LINE.help(name)).join('\n'); // prettier-ignore
  const named = [...text.matchAll(/`(--[a-z-]+)/g)].map(([, option]) => option);
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((option) => !help.includes(option))).toEqual([]);
});

test('its proxies have the checks and the rules of the library', () => {
  const lines = text.split('\n').map((line) => line.trim());
  const check = ringCheck('tcp-check send "AUTH ring-2 PASSWORD\\r\\n"');
  expect(lines.join('\n')).toContain(check.join('\n'));
  expect(lines.join('\n')).toContain(LOGIN_RULES.join('\n'));
});

test('its plan is valid', async () => {
  const lab = new Lab();
  try {
    const plan = /```json\n([^]*?)```/.exec(text)?.[1] ?? '';
    expect(readPlan(lab.write('reshard.json', plan)).b).toHaveProperty('servers.length', 3);
  } finally {
    await lab.close();
  }
});

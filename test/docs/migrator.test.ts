// docs/migrator.md and docs/faults.md match the program.

import { COMMAND_LINE, COMMANDS } from '../../migrator/command-line';
import { ExitCode } from '../../migrator/program/outcome';
import { MEANING } from '../../migrator/shard/shard-state';
import { read } from './documents';

const reference = read('docs/migrator.md');
const faults = read('docs/faults.md');

test('the states of a shard are those of the program, each with its meaning', () => {
  const rows = [...faults.matchAll(/^\| `([\w ]+)` \| ([^|]+) \|$/gm)].map(([, state, meaning]) => [state, meaning]);
  expect(Object.fromEntries(rows)).toEqual(MEANING);
});

test('each command is documented for every state', () => {
  const rows = [...faults.matchAll(/^\| `([\w ]+)` \|(?: [^|]+ \|){3}$/gm)].map(([, state]) => state);
  expect(rows.sort()).toEqual(Object.keys(MEANING).sort());
});

test.each(Object.keys(COMMANDS))('the command %s', (name) => {
  expect(reference).toContain(`| \`${name}\` |`);
});

test.each(Object.values(ExitCode).filter((code) => typeof code === 'number'))('the exit code %i', (code) => {
  expect(reference).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  expect(COMMAND_LINE.help()).toMatch(new RegExp(`^  ${code}  `, 'm'));
});

test('the documents name no unknown option', () => {
  const known = Object.values(COMMANDS).flatMap(({ options }) => Object.keys(options));
  const common = [
    'plan',
    'shards',
    'current',
    'password-file',
    'old-password-file',
    'renamed-commands',
    'tls-ca',
    'old-tls-ca',
    'old-tls-cert',
    'old-tls-key',
    'metrics-port',
    'json',
    'help',
  ];
  const text = ['docs/migrator.md', 'docs/faults.md', 'docs/migrate.md'].map(read).join('\n');
  const named = [...text.matchAll(/`(?:cutover|rollback|sync|verify|preflight|status)?[^`\n]*?--([a-z-]+)/g)].filter(
    ([whole]) => !whole.startsWith('`kubectl '),
  );
  expect(named.map(([, name]) => name).filter((name) => ![...known, ...common].includes(name))).toEqual([]);
});

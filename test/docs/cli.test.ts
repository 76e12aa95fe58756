// docs/cli.md tells of every command and option that the program has, and of no other.

import { run } from '../cli/program';
import { read } from './documents';

const text = read('docs/cli.md');

async function help(...command: string[]): Promise<string> {
  const { code, stdout } = await run(process.execPath, ['build/cli/main.js', ...command, '--help']);
  expect(code).toBe(0);
  return String(stdout);
}

/** The commands, as the help lists them. */
async function commands(): Promise<string[]> {
  const [, list] = (await help()).split('\nCommands:\n');
  const names = [...list.split('\n\n')[0].matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
  return names.filter((name) => name !== 'help');
}

/** The section of a command. */
function section(command: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${command}\n`)) ?? '';
}

test('each command has a row and a section', async () => {
  const told = [...text.matchAll(/^\| \[`(\w+) ?[^`]*`\]\(#(\w+)\) \|/gm)].map(([, name]) => name);
  expect(told.sort()).toEqual((await commands()).sort());
  expect(told.filter((command) => section(command) === '')).toEqual([]);
});

test('each option is told of, and each option that is told of is there', async () => {
  const helps = await Promise.all((await commands()).map((command) => help(command)));
  const options = new Set(
    helps.flatMap((lines) => [...lines.matchAll(/ (--[a-z][a-z-]*)/g)].map(([, option]) => option)),
  );
  const told = new Set([...text.matchAll(/(?<=[ `])(--[a-z][a-z-]*)/g)].map(([, option]) => option));
  expect([...options].filter((option) => !told.has(option))).toEqual([]);
  // An option of redis-cli, which an example calls.
  const foreign = ['--scan'];
  expect([...told].filter((option) => !options.has(option) && !foreign.includes(option))).toEqual([]);
});

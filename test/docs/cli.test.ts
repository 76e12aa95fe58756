// docs/cli.md documents every command and option of the program, and no other.

import { run } from '../cli/program';
import { read } from './documents';

const text = read('docs/cli.md');

async function help(...command: string[]): Promise<string> {
  const { code, stdout } = await run(process.execPath, ['build/cli/main.js', ...command, '--help']);
  expect(code).toBe(0);
  return String(stdout);
}

/** The commands in the help. */
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
  const documented = [...text.matchAll(/^\| \[`(\w+) ?[^`]*`\]\(#(\w+)\) \|/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual((await commands()).sort());
  expect(documented.filter((command) => section(command) === '')).toEqual([]);
});

test('each option is documented, and each documented option exists', async () => {
  const helps = await Promise.all((await commands()).map((command) => help(command)));
  const options = new Set(
    helps.flatMap((lines) => [...lines.matchAll(/ (--[a-z][a-z-]*)/g)].map(([, option]) => option)),
  );
  const documented = new Set([...text.matchAll(/(?<=[ `])(--[a-z][a-z-]*)/g)].map(([, option]) => option));
  expect([...options].filter((option) => !documented.has(option))).toEqual([]);
  // An option of redis-cli in an example.
  const foreign = ['--scan'];
  expect([...documented].filter((option) => !options.has(option) && !foreign.includes(option))).toEqual([]);
});

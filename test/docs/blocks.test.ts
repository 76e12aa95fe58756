// Every block in the documents belongs to one of the tests, and every command in them is run, or checked as far as possible
// without a cluster.

import { readPlan } from '../../migrator/plan-file';
import { Lab } from '../lab/lab';
import { STAGED } from './stage';
import { checkCommand, commandsIn } from './commands';
import { type Block, blocksOf, DOCUMENTS, read } from './documents';

const BLOCKS = DOCUMENTS.flatMap(blocksOf);

/** Whether a test checks the block, by language. */
const CHECKED: Partial<Record<string, (block: Block) => boolean>> = {
  ts: () => true, // snippets.test.ts
  console: ({ document }) => [...STAGED, 'docs/cli.md'].includes(document), // transcript.long.test.ts, ../cli/docs.test.ts
  sh: () => true, // below
  yaml: ({ document }) => document.startsWith('docs/how-to/'), // how-to.test.ts
  json: ({ document }) => ['docs/plan.md', 'docs/reshard.md'].includes(document), // below, reshard.test.ts
  text: () => true, // nothing to run
};

test('every block is checked', () => {
  const unchecked = BLOCKS.filter((block) => !CHECKED[block.language]?.(block));
  expect(unchecked).toEqual([]);
});

const COMMANDS = BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ document, text }) =>
  commandsIn(text).map((command) => ({ document, command })),
);

/** Commands within sentences, except those with a placeholder. */
const INLINE = DOCUMENTS.flatMap((document) => {
  const commands = [...read(document).matchAll(/`((?:kubectl -n unit-1|npm run) [^`\n]+)`/g)].map(
    ([, command]) => command,
  );
  return commands
    .filter((command) => !/…|\.\.\.|\b[A-Z]{3,}\b/.test(command))
    .flatMap(commandsIn)
    .map((command) => ({ document, command }));
});

test.each([...COMMANDS, ...INLINE])('$document: $command', async ({ command }) => {
  await checkCommand(command);
});

test('the migrator accepts the plan in docs/plan.md', async () => {
  const lab = new Lab();
  try {
    const [{ text }] = BLOCKS.filter(({ language }) => language === 'json');
    expect(readPlan(lab.write('plan.json', text)).shards).toHaveLength(1);
  } finally {
    await lab.close();
  }
});

test('docs/plan.md has a row for every field', () => {
  const fields = [...read('lib/migration/plan.ts').matchAll(/^ {2}readonly (\w+)/gm)].map(([, field]) => field);
  const rows = [...read('docs/plan.md').matchAll(/^\| (`.*`) \|/gm)].map(([, names]) => names).join();
  expect(fields.filter((field) => !new RegExp(`\\b${field}\\b`).test(rows))).toEqual([]);
});

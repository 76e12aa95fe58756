// The examples in documents: blocks of commands, each with what it prints below it.

import { run } from '../cli/program';

/** Set to write what the examples print into the documents. */
export const UPDATE = process.env.UPDATE_DOCS === '1';

/** A command that a block shows, and what stands below it. */
export interface Example {
  readonly command: string;
  readonly printed: string;
}

const BLOCK = /^```console\n([^]*?)^```$/gm;

/** The examples of a block. */
export function examplesIn(block: string): Example[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n') + 1;
      return { command: text.slice(0, end - 1), printed: text.slice(end) };
    });
}

/** All examples of a document, in their order. */
export function examplesOf(document: string): Example[] {
  return [...document.matchAll(BLOCK)].flatMap(([, block]) => examplesIn(block));
}

/** The document with these examples in place of its own, in the same order. */
export function withExamples(document: string, examples: readonly Example[]): string {
  const rest = [...examples];
  return document.replaceAll(BLOCK, (_, block: string) => {
    const own = rest.splice(0, examplesIn(block).length);
    return `\`\`\`console\n${own.map(({ command, printed }) => `$ ${command}\n${printed}`).join('')}\`\`\``;
  });
}

/** Runs a command in a shell, and returns what it prints: first what goes wrong, as a terminal need not. */
export async function shell(command: string, env: NodeJS.ProcessEnv, cwd?: string): Promise<string> {
  const { stdout, stderr } = await run('sh', ['-c', command], { env, ...(cwd && { cwd }) });
  return `${stderr}${String(stdout)}`;
}

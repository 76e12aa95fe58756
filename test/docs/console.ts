// The examples in documents: blocks of commands, each followed by its output.

import { run } from '../cli/program';

/** Whether to write the output of the examples into the documents. */
export const UPDATE = process.env.UPDATE_DOCS === '1';

/** A command in a block, and its output. */
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

/** All examples of a document, in order. */
export function examplesOf(document: string): Example[] {
  return [...document.matchAll(BLOCK)].flatMap(([, block]) => examplesIn(block));
}

/** The document with its examples replaced by these, in the same order. */
export function withExamples(document: string, examples: readonly Example[]): string {
  const rest = [...examples];
  return document.replaceAll(BLOCK, (_, block: string) => {
    const own = rest.splice(0, examplesIn(block).length);
    return `\`\`\`console\n${own.map(({ command, printed }) => `$ ${command}\n${printed}`).join('')}\`\`\``;
  });
}

/** Runs a command in a shell, and returns its standard error, then its standard output. */
export async function shell(command: string, env: NodeJS.ProcessEnv, cwd?: string): Promise<string> {
  const { stdout, stderr } = await run('sh', ['-c', command], { env, ...(cwd && { cwd }) });
  return `${stderr}${String(stdout)}`;
}

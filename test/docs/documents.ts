// The documents of this repository, and their contents.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/synthesized';

/** A block of code between two fences. */
export interface Block {
  readonly document: string;
  readonly language: string;
  readonly text: string;
}

/** The paths of all handwritten documents. Generated ones (API.md, runbooks) have their own tests. */
export const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...['docs', 'docs/how-to', 'images/jobs', 'images/twemproxy', ...directoriesIn('examples')].flatMap(markdownIn),
];

export function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

/** The blocks of a document, without their indentation. */
export function blocksOf(document: string): Block[] {
  return [...read(document).matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm)].map(([, indent, language, text]) => {
    return { document, language, text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

/** Links to other documents of the repository: the file, and the heading if one is named. */
export function linksOf(document: string): { file: string; heading?: string }[] {
  const targets = [...read(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
  return targets.map(([, file, heading]) => {
    return { file: file === '' ? document : path.join(path.dirname(document), file), heading };
  });
}

/** The headings of a document, as GitHub writes them in links. */
export function headingsOf(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, words]) => {
    return words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  });
}

function markdownIn(directory: string): string[] {
  const names = fs.readdirSync(path.join(ROOT, directory)).sort();
  return names.filter((name) => name.endsWith('.md')).map((name) => `${directory}/${name}`);
}

function directoriesIn(directory: string): string[] {
  const entries = fs.readdirSync(path.join(ROOT, directory), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${directory}/${name}`);
}

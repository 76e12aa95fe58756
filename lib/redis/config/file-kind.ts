// Files that are given as a redis.conf and are another program's: called so once, and not line by line.

import { type ReadLine } from './read';

const KINDS: readonly (readonly [names: RegExp, what: string])[] = [
  [/^sentinel$/, "a Sentinel's configuration"],
  [
    /^(server-threads|server-thread-affinity|active-replica|multi-master|storage-provider)$/,
    'a configuration of KeyDB',
  ],
  [/:$/, 'YAML, such as a nutcracker.yml'],
];

/** Of what kind the file is, with the line that shows it, and the remedy; nothing for a redis.conf. */
export function foreignFile(lines: readonly ReadLine[]): string | undefined {
  for (const { file, number, words } of lines) {
    const kind = KINDS.find(([names]) => names.test(words[0] ?? ''));
    if (kind !== undefined)
      return `${file}:${number}: this is ${kind[1]}; give the redis.conf of the servers behind Twemproxy`;
  }
  return undefined;
}

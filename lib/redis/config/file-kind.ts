// Recognizes files passed as a redis.conf that are something else, to report that once and not for each line.

import { hasPlaceholder, isPlaceholder, RENDER, TEMPLATE } from '../../common/template';
import { type ReadLine } from './read';

const GIVE = 'pass the redis.conf of the servers behind Twemproxy';
const CLUSTER = 'move its keys out of the cluster first: Twemproxy cannot proxy one';

/** Each kind is recognized by a line that no redis.conf has. */
const KINDS: readonly (readonly [line: RegExp, what: string, remedy?: string])[] = [
  [/^(REDIS\d{4}|VALKEY\d{3})/, 'a snapshot (RDB)'],
  [/^\*\d+$/, 'an append-only file (AOF)'],
  [/^file \S+ seq \d+ type \w/, 'the manifest of an append-only file'],
  [/^sentinel /, "a Sentinel's configuration"],
  [
    /^(server-threads|server-thread-affinity|active-replica|multi-master|storage-provider) /,
    'a configuration of KeyDB',
  ],
  [/^(bigredis|crdt)-/, 'a configuration of Redis Enterprise'],
  [/^cluster-enabled yes$/i, 'the redis.conf of a node of a Redis Cluster', CLUSTER],
  [/^[0-9a-f]{40} \S+ \S*(myself|master|slave|handshake|noaddr)/, 'the nodes.conf of a Redis Cluster', CLUSTER],
  [/^\S+:( |$)/, 'YAML, such as a nutcracker.yml'],
];

/** Their values may be real passwords, which may look like placeholders. */
const SECRET = /^(requirepass|masterauth|user|rename-command)$/;

/** The kind of the file, with the line that shows it, and the remedy; undefined for a redis.conf. */
export function foreignFile(lines: readonly ReadLine[]): string | undefined {
  for (const line of lines) {
    const place = `${line.file}:${line.number}`;
    const content = line.words.length > 0 ? line.words.join(' ') : line.text;
    const [, what, remedy = GIVE] = KINDS.find(([sign]) => sign.test(content)) ?? [];
    if (what !== undefined) return `${place}: this is ${what}; ${remedy}`;
    if (line.badByte !== undefined) return `${place}:${line.badByte}: this byte is not UTF-8 text; ${GIVE}, in UTF-8`;
    if (isOfTemplate(line)) return `${place}: ${TEMPLATE}; ${RENDER}`;
  }
  const [first] = lines;
  const isAcl = lines.length > 0 && lines.every(({ words }) => words[0] === 'user');
  return isAcl ? `${first.file}:${first.number}: this is an ACL file (users.acl); ${GIVE}` : undefined;
}

/** `{{ name }}` is three words to Redis. */
function isOfTemplate({ words: [name = '', ...values], text }: ReadLine): boolean {
  if (!SECRET.test(name)) return hasPlaceholder(text);
  return [values.join(' '), ...values.map((value) => value.replace(/^[<>#!]/, ''))].some(isPlaceholder);
}

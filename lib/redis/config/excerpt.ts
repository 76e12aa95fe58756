// The part of an old redis.conf that a synth uses, for a repository: only lines of known words, so that no secret is
// copied, wherever it was.

import { RedisConfigAction, type RedisConfigNote } from '../redis-config-note';
import { type Inheritance } from './inherit';
import { joinWords } from './text';

const OMITTED: readonly RedisConfigAction[] = [
  RedisConfigAction.IGNORED,
  RedisConfigAction.MOVED_TO_SECRET,
  RedisConfigAction.COMPUTED,
];

/** The text of the excerpt; `file` is the name of the old file in the notes. */
export function excerptOf(file: string, { kept, notes }: Pick<Inheritance, 'kept' | 'notes'>): string {
  const omitted = notes.filter(({ action }) => OMITTED.includes(action)).map((note) => omittedLine(file, note));
  return [
    '# The settings that the new servers keep from the redis.conf of the old ones, copied by cdk8s-twemproxy init. Comments are omitted,',
    `# and ${omitted.length === 0 ? 'nothing else' : 'these lines, which the pods decide or which may be secret:'}`,
    ...omitted,
    ...kept.map(({ name, args }) => joinWords([name, ...args])),
    '',
  ].join('\n');
}

/** A setting of a module may have any name. */
function omittedLine(file: string, { file: place, line, directive }: RedisConfigNote): string {
  const name = directive.includes('.') ? 'a setting of a module' : directive;
  return `#   ${place === file ? '' : 'of an included file, '}line ${line ?? 0}: ${name}`;
}

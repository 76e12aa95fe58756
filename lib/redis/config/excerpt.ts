// What a synth uses of an old redis.conf, for a repository: only lines whose every word is known, so that nothing that may be
// secret comes along, wherever it stood.

import { RedisConfigAction, type RedisConfigNote } from '../redis-config-note';
import { type Inheritance } from './inherit';
import { joinWords } from './text';

const OMITTED: readonly RedisConfigAction[] = [
  RedisConfigAction.IGNORED,
  RedisConfigAction.MOVED_TO_SECRET,
  RedisConfigAction.COMPUTED,
];

/** The text; `file` is that file, as the notes call it. */
export function excerptOf(file: string, { kept, notes }: Pick<Inheritance, 'kept' | 'notes'>): string {
  const omitted = notes.filter(({ action }) => OMITTED.includes(action)).map((note) => omittedLine(file, note));
  return [
    '# What the new servers take over from the redis.conf of the old ones, as cdk8s-twemproxy init read it. Comments are omitted,',
    `# and ${omitted.length === 0 ? 'nothing else' : 'these lines of it, since the pods decide what they say, or it may be secret:'}`,
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

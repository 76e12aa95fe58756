// Whether Redis 7.0 starts with these directives: a directive that it refuses would end every pod of a fleet at its start.

import { type RedisDirective } from '../redis-config-note';
import { KNOWN_COMMANDS } from './known-commands';
import { KNOWN_DIRECTIVES } from './known-directives';

/** Why redis-server would refuse the directive, and the remedy; nothing when it takes it or does not know it. */
export function objectionTo({ name, args }: RedisDirective): string | undefined {
  if (name === 'rename-command') {
    return args.length === 2 ? undefined : 'rename-command takes the name of a command and its new name';
  }
  const values = KNOWN_DIRECTIVES[name];
  if (!values || values.accepts(args)) return undefined;
  return `${name} ${args.join(' ') || '""'}: Redis 7.0 takes ${values.taken}`;
}

/** Whether Redis 7.0 has the directive. */
export function isKnown(name: string): boolean {
  return name === 'rename-command' || KNOWN_DIRECTIVES[name] !== undefined;
}

/** Whether Redis 7.0 has the command. */
export function isCommand(name: string): boolean {
  return KNOWN_COMMANDS.has(name.toLowerCase());
}

/** What the commands' names end up as, in the order of the renames; the objections to them. */
export function* objectionsToRenames(directives: readonly RedisDirective[]): Iterable<string> {
  const commands = new Set(KNOWN_COMMANDS);
  for (const { name, args } of directives) {
    if (name !== 'rename-command') continue;
    const [from = '', to = ''] = args.map((arg) => arg.toLowerCase());
    if (!commands.delete(from))
      yield `rename-command ${args[0]}: Redis 7.0 has no such command (or it is renamed already); leave it out`;
    if (commands.has(to)) yield `rename-command ${args[0]}: ${args[1]} is a command of Redis 7.0; take another name`;
    if (to !== '') commands.add(to);
  }
}

/** Whether redis-server splits what one pair of quotes holds into several arguments of this directive. */
export function isSeveral(name: string): boolean {
  return KNOWN_DIRECTIVES[name]?.several ?? false;
}

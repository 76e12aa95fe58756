// Whether redis-server starts with these directives: one that it refuses would end every pod of a fleet at its start. Without
// a version, what any release takes is taken.

import { type RedisDirective } from '../redis-config-note';
import { KNOWN_COMMANDS } from './known-commands';
import { KNOWN_DIRECTIVES } from './known-directives';
import { LATER_COMMANDS, LATER_DIRECTIVES } from './later-directives';
import { firstReleases, type ServerVersion } from './server-version';
import { type Values } from './directive-values';

/** Why redis-server would refuse the directive, and the remedy; nothing when it takes it or does not know it. */
export function objectionTo({ name, args }: RedisDirective, version?: ServerVersion): string | undefined {
  if (name === 'rename-command') {
    return args.length === 2 ? undefined : 'rename-command takes the name of a command and its new name';
  }
  const taken = valuesOf(name, version);
  if (taken.length === 0 || taken.some((values) => values.accepts(args))) return undefined;
  return `${name} ${args.join(' ') || '""'}: ${nameOf(version)} takes ${taken[taken.length - 1].taken}`;
}

/** Whether redis-server has the directive. */
export function isKnown(name: string, version?: ServerVersion): boolean {
  return name === 'rename-command' || valuesOf(name, version).length > 0;
}

/** Why redis-server does not know the directive, as far as that is known, and the remedy. */
export function unknownDirective(name: string, written: string, version?: ServerVersion): string {
  const later = LATER_DIRECTIVES[name];
  if (later === undefined || version === undefined) {
    return `${nameOf(version)} does not know ${written}; leave the line out, or name it in raw if the image's version does`;
  }
  const remedy = 'leave the line out, run an image that has it, or say by serverVersion what the image runs';
  return `${nameOf(version)} does not know ${written}, which came with ${firstReleases(later[0].since)}; ${remedy}`;
}

/** Whether redis-server has the command. */
export function isCommand(name: string, version?: ServerVersion): boolean {
  return commandsOf(version).has(name.toLowerCase());
}

/** What the commands' names end up as, in the order of the renames; the objections to them. */
export function* objectionsToRenames(directives: readonly RedisDirective[], version?: ServerVersion): Iterable<string> {
  const commands = commandsOf(version);
  for (const { name, args } of directives) {
    if (name !== 'rename-command') continue;
    const [from = '', to = ''] = args.map((arg) => arg.toLowerCase());
    if (!commands.delete(from)) {
      const what = `rename-command ${args[0]}: ${nameOf(version)} has no such command`;
      yield `${what} (or it is renamed already); leave it out`;
    }
    if (commands.has(to))
      yield `rename-command ${args[0]}: ${args[1]} is a command of ${nameOf(version)}; take another name`;
    if (to !== '') commands.add(to);
  }
}

/** Whether redis-server splits what one pair of quotes holds into several arguments of this directive. */
export function isSeveral(name: string): boolean {
  return KNOWN_DIRECTIVES[name]?.several ?? false;
}

/** How messages call the server. */
export function nameOf(version?: ServerVersion): string {
  return version?.toString() ?? 'redis-server';
}

/** What one release takes for a directive, or without a version what each does; nothing for a directive that is not known. */
function valuesOf(name: string, version?: ServerVersion): Values[] {
  const first = KNOWN_DIRECTIVES[name];
  const later = (LATER_DIRECTIVES[name] ?? []).filter(({ since }) => version?.has(since) ?? true);
  const all = [...(first ? [first] : []), ...later.map(({ values }) => values)];
  return version === undefined ? all : all.slice(-1);
}

function commandsOf(version?: ServerVersion): Set<string> {
  const later = LATER_COMMANDS.filter(([since]) => version?.has(since) ?? true);
  return new Set([...KNOWN_COMMANDS, ...later.flatMap(([, commands]) => commands.split(' '))]);
}

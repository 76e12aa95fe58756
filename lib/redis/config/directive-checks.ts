// Checks whether redis-server starts with these directives: a refused one would crash every pod of a fleet. Without a
// version, a value that any release accepts is allowed.

import { type RedisDirective } from '../redis-config-note';
import { KNOWN_COMMANDS } from './known-commands';
import { KNOWN_DIRECTIVES } from './known-directives';
import { LATER_COMMANDS, LATER_DIRECTIVES } from './later-directives';
import { firstReleases, type ServerVersion } from './server-version';
import { type Values } from './directive-values';

/** Why redis-server would refuse the directive, and the remedy; undefined if it accepts the directive or does not have it. */
export function objectionTo({ name, args }: RedisDirective, version?: ServerVersion): string | undefined {
  if (name === 'rename-command') {
    return args.length === 2 ? undefined : 'rename-command takes the name of a command and its new name';
  }
  const allowed = valuesOf(name, version);
  if (allowed.length === 0 || allowed.some((values) => values.accepts(args))) return undefined;
  return `${name} ${args.join(' ') || '""'}: ${nameOf(version)} accepts ${allowed[allowed.length - 1].expected}`;
}

/** Whether redis-server has the directive. */
export function isKnown(name: string, version?: ServerVersion): boolean {
  return name === 'rename-command' || valuesOf(name, version).length > 0;
}

/** The message about a directive that redis-server does not have, with the remedy. */
export function unknownDirective(name: string, written: string, version?: ServerVersion): string {
  const later = LATER_DIRECTIVES[name];
  if (later === undefined || version === undefined) {
    return `${nameOf(version)} has no directive ${written}; remove the line, or set it in raw if the version in the image has it`;
  }
  const remedy = 'remove the line, use an image that has it, or set serverVersion to the version in the image';
  return `${nameOf(version)} has no directive ${written}, which came with ${firstReleases(later[0].since)}; ${remedy}`;
}

/** Whether redis-server has the command. */
export function isCommand(name: string, version?: ServerVersion): boolean {
  return commandsOf(version).has(name.toLowerCase());
}

/** Applies the renames in order, and yields the objections to them. */
export function* objectionsToRenames(directives: readonly RedisDirective[], version?: ServerVersion): Iterable<string> {
  const commands = commandsOf(version);
  for (const { name, args } of directives) {
    if (name !== 'rename-command') continue;
    const [from = '', to = ''] = args.map((arg) => arg.toLowerCase());
    if (!commands.delete(from)) {
      const what = `rename-command ${args[0]}: ${nameOf(version)} has no such command`;
      yield `${what} (or it is renamed already); remove the line`;
    }
    if (commands.has(to))
      yield `rename-command ${args[0]}: ${args[1]} is a command of ${nameOf(version)}; choose another name`;
    if (to !== '') commands.add(to);
  }
}

/** Whether redis-server splits one quoted text into several arguments of this directive. */
export function isSeveral(name: string): boolean {
  return KNOWN_DIRECTIVES[name]?.several ?? false;
}

/** The name of the server in messages. */
export function nameOf(version?: ServerVersion): string {
  return version?.toString() ?? 'redis-server';
}

/** The values that one release accepts for a directive, or without a version those of each release; empty for an unknown one. */
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

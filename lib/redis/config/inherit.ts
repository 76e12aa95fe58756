// Turns the lines of an old redis.conf, and the props that override them, into the directives of the new fleet, with a note on each.

import { RedisConfigAction, type RedisConfigNote, type RedisDirective } from '../redis-config-note';
import { type RedisConfigProps } from '../redis-config-props';
import {
  isCommand,
  isKnown,
  isSeveral,
  nameOf,
  objectionTo,
  objectionsToRenames,
  unknownDirective,
} from './directive-checks';
import { foreignFile } from './file-kind';
import { senderOf } from './commands-in-use';
import { DEFAULTS, rawDirectives, typedDirectives } from './props';
import { type ReadLine } from './read';
import { newName, remarkOn, ruleFor } from './directive-rules';
import { type ServerVersion } from './server-version';
import { splitWords } from './text';

export interface Inheritance {
  readonly directives: RedisDirective[];
  /** The ones that come from the file. */
  readonly kept: readonly RedisDirective[];
  readonly notes: RedisConfigNote[];
  /** The values of directives that are set elsewhere (passwords, maxmemory), by name. */
  readonly separate: Readonly<Record<string, string | undefined>>;
  /** The commands that the old servers renamed; never the new names. */
  readonly renamed: readonly string[];
}

/** Throws one error with a line for each problem. Without a version, a value that any release accepts is allowed. */
export function inheritance(lines: readonly ReadLine[], props: RedisConfigProps, version?: ServerVersion): Inheritance {
  const foreign = foreignFile(lines);
  if (foreign !== undefined) throw new Error(foreign);
  const reader = new Reader(overrides(props, version), version);
  for (const line of lines) reader.read(line);
  return reader.result(lines.length > 0);
}

/** Collects the directives and notes line by line. */
class Reader {
  private readonly kept: RedisDirective[] = [];
  private readonly notes: RedisConfigNote[] = [];
  private readonly separate: Record<string, string | undefined> = {};
  private readonly renamed: string[] = [];
  private readonly problems: string[] = [];
  private readonly overridden: ReadonlySet<string>;

  constructor(
    private readonly overrides: readonly RedisDirective[],
    private readonly version?: ServerVersion,
  ) {
    this.overridden = new Set(overrides.map(subjectOf));
  }

  read(line: ReadLine): void {
    const [written = '', ...words] = line.words;
    const directive = directiveOf(written, words);
    const { name, args } = directive;
    const note = (action: RedisConfigAction, message = '', attention = false) =>
      this.notes.push({ file: line.file, line: line.number, directive: written, action, message, attention });
    const problem = (text: string) => this.problems.push(`${line.file}:${line.number}: ${text}`);

    if (line.problem !== undefined) return void problem(line.problem);
    if (line.included !== undefined) return void note(RedisConfigAction.INCLUDED, `read from ${line.included}`);
    if (this.overridden.has(subjectOf(directive))) return void note(RedisConfigAction.OVERRIDDEN, 'set by a prop');

    const rule = ruleFor(name, args);
    if (rule) {
      if (rule.action !== RedisConfigAction.IGNORED) this.separate[name] = args[0] || undefined;
      return void note(rule.action, rule.message, rule.attention);
    }
    const { version } = this;
    if (!isKnown(name, version)) return void problem(unknownDirective(name, written, version));
    const objection = objectionTo(directive, version);
    if (objection) return void problem(`${objection}; change the line, or override it with a prop`);
    if (name === 'rename-command') {
      const [command, newName] = args;
      if (newName !== '' && !isSame(command, newName)) this.renamed.push(command.toUpperCase());
      const rename = ruleForRename(command, newName, version);
      if (rename.isKept) this.kept.push({ name, args: [command, ''] });
      return void note(rename.action, rename.message, rename.attention);
    }
    this.kept.push(directive);
    const remark = remarkOn(name, args);
    const renamed = name !== written || args.some((arg, i) => arg !== words[i] && words.length === args.length);
    note(
      renamed ? RedisConfigAction.RENAMED : RedisConfigAction.KEPT,
      [
        ...(renamed ? [`now ${name === written ? [name, ...args].join(' ') : name}`] : []),
        ...(remark ? [remark] : []),
      ].join('; '),
      remark !== undefined,
    );
  }

  result(fromFile: boolean): Inheritance {
    const given = new Set([...this.kept, ...this.overrides].map(subjectOf));
    const defaults = DEFAULTS.filter((directive) => !given.has(subjectOf(directive)));
    const directives = [...this.kept, ...defaults, ...this.overrides];
    if (fromFile) {
      for (const directive of defaults) this.add(directive, 'not in the file; a default of this library');
      if (!given.has('save')) {
        this.add({ name: 'save', args: [] }, NO_SAVE, true);
      }
    }
    for (const directive of this.overrides) {
      const remark = remarkOn(directive.name, directive.args);
      this.add(directive, ['set by a prop', ...(remark ? [remark] : [])].join('; '), remark !== undefined);
    }
    this.problems.push(...objectionsToRenames(directives, this.version));
    if (this.problems.length > 0) throw new Error(this.problems.join('\n'));
    const { kept, notes, separate, renamed } = this;
    return { directives, kept, notes, separate, renamed };
  }

  private add({ name }: RedisDirective, message: string, attention = false): void {
    this.notes.push({ directive: name, action: RedisConfigAction.ADDED, message, attention });
  }
}

/** How a rename is handled. A new name is as secret as a password, and is not rendered. */
function ruleForRename(command: string, newName: string, version?: ServerVersion) {
  const [own, sender] = [command.toUpperCase(), senderOf(command)];
  const nameGoesTo = 'its name on the old servers goes into the Secret of renamedCommands';
  if (!isCommand(command, version)) {
    const message = `${nameOf(version)} has no command ${own}, and would not start`;
    return { action: RedisConfigAction.IGNORED, message, attention: newName !== '', isKept: false };
  }
  if (isSame(command, newName)) {
    return {
      action: RedisConfigAction.IGNORED,
      message: 'the name is the original one',
      attention: false,
      isKept: false,
    };
  }
  if (sender !== undefined) {
    const message = `the new servers keep ${own}, which ${sender} send${sender.includes(' and ') ? '' : 's'} by this name`;
    const rest = newName === '' ? 'restrict access to it with the password and a NetworkPolicy' : nameGoesTo;
    return { action: RedisConfigAction.IGNORED, message: `${message}; ${rest}`, attention: true, isKept: false };
  }
  if (newName === '') return { action: RedisConfigAction.KEPT, message: '', attention: false, isKept: true };
  const message = `the new servers have ${own} disabled; ${nameGoesTo}`;
  return { action: RedisConfigAction.RENAMED, message, attention: true, isKept: true };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

const NO_SAVE =
  "the file has no save line: up to Redis 6.0 that meant no snapshots, from 6.2 on it means Redis' default, 3600 1 300 100 60 10000; set save to choose";

/** The directives that the props set. Throws for those that they may not set. */
function overrides(props: RedisConfigProps, version?: ServerVersion): RedisDirective[] {
  const typed = typedDirectives(props);
  const raw = rawDirectives(props.raw).map(({ name, args }) => directiveOf(name, args));
  const problems = raw.flatMap(({ name, args }) => {
    if (name === 'include' || name === 'rename-command') return [`raw: ${name} is not allowed; use the prop for it`];
    if (name === 'maxmemory') return ['raw: maxmemory is not allowed; use the prop of the shards'];
    const rule = ruleFor(name, args);
    if (rule && name !== 'loadmodule' && !name.includes('.')) return [`raw: ${name} is not allowed: ${rule.message}`];
    return typed.some((other) => other.name === name)
      ? [`raw: ${name} is also set by its prop; remove one of them`]
      : [];
  });
  const directives = [...typed, ...raw];
  const objections = directives.flatMap((directive) => objectionTo(directive, version) ?? []);
  if (problems.length + objections.length > 0) throw new Error([...problems, ...objections].join('\n'));
  return directives;
}

/** The directive under its new name, with its arguments as redis-server sees them. */
function directiveOf(written: string, words: readonly string[]): RedisDirective {
  const name = newName(written);
  const args = isSeveral(name) && words.length === 1 && words[0] ? (splitWords(words[0]) ?? [...words]) : [...words];
  if (name !== 'client-output-buffer-limit') return { name, args };
  return { name, args: args.map((arg, i) => (i % 4 === 0 && arg.toLowerCase() === 'slave' ? 'replica' : arg)) };
}

/** What a directive sets: its name, or for a rename the command. */
function subjectOf({ name, args }: RedisDirective): string {
  return name === 'rename-command' ? `${name} ${args[0]?.toUpperCase()}` : name;
}

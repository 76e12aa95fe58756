// What the checks before a move have to know of one server. Nothing that is asked costs the server more than INFO does.

import { clockOf } from '../data/key-snapshot';
import { NotDurableError, Roles } from '../shard/roles';
import { type CommandLine, type RedisServer, rethrowUnreachable } from '../redis/server';
import { Version } from '../redis/version';
import { type ServerView } from '../redis/server-view';

export interface ServerDetails {
  readonly address: string;
  readonly view: ServerView;
  readonly version: Version;
  /** A setting; nothing if the server does not know it, or does not tell. */
  readonly setting: (name: string) => string | undefined;
  /** Why CONFIG GET or CONFIG SET fail, if they do. */
  readonly configError?: string;
  /** Why CONFIG REWRITE fails, if it does. */
  readonly rewriteError?: string;
  /** Modules by name. */
  readonly modules: readonly string[];
  /** Users of the access control list. */
  readonly users: readonly string[];
  /** Milliseconds by which its clock is ahead of this machine's, and within how many that is sure; nothing if it does not tell. */
  readonly clock?: { readonly ahead: number; readonly within: number };
  /** Of the commands that were asked for, those that are not there by the name at which they are expected. */
  readonly missing: readonly string[];
  /** Commands that change data and have another name here, by their own. */
  readonly renamedWrites: readonly string[];
}

/** It is set to what it is, to see whether settings can be; the move itself never touches it. */
const PROBED = 'slowlog-max-len';

/** The settings that are looked at, by the names of Redis 5.0 and later. */
const SETTINGS = [
  'client-output-buffer-limit',
  'databases',
  'masterauth',
  'masteruser',
  'maxmemory',
  'maxmemory-policy',
  'repl-diskless-sync',
  'repl-timeout',
  'replica-read-only',
  'replica-serve-stale-data',
  'save',
  PROBED,
];

/** Commands to ask a server for: by the names that the plan gives to them, and by their own. */
export interface Commands {
  readonly own: readonly string[];
  readonly plain: readonly string[];
}

/** Throws a ServerError if the server goes away. */
export async function detailsOf(server: RedisServer, view: ServerView, commands?: Commands): Promise<ServerDetails> {
  const { own = [], plain = [] } = commands ?? {};
  const version = Version.of(view.info);
  const nameOf = (setting: string): string =>
    version.usesReplicaNames ? setting : setting.replace('replica', 'slave');
  const before = Date.now();
  const [time, ...answers] = await ask(server, [
    ['TIME'],
    ['COMMAND', 'INFO', ...own.map((command) => server.nameOf(command)), ...plain],
    ['MODULE', 'LIST'],
    ['INFO', 'modules'],
    ['ACL', 'USERS'],
    ['COMMAND'],
    ...SETTINGS.map((name): CommandLine => ['CONFIG', 'GET', nameOf(name)]),
  ]);
  // Before 6.2, a replica without a master does not tell the time.
  const within = (Date.now() - before) / 2;
  const clock = time instanceof Error ? undefined : { ahead: clockOf(time) - before - within, within };
  const [known, modules, moduleInfo, users, table, ...settings] = answers;
  const values = new Map(SETTINGS.map((name, i) => [name, (settings[i] as string[])[1] as string | undefined]));
  const setting = (name: string): string | undefined => values.get(name);
  return {
    address: server.address,
    view,
    version,
    setting,
    ...(await configErrors(server, version, settings[0], setting(PROBED) ?? '128')),
    modules: modulesOf(modules, moduleInfo),
    users: users instanceof Error ? [] : (users as string[]),
    clock,
    missing: known instanceof Error ? [] : [...own, ...plain].filter((_, i) => (known as unknown[])[i] === null),
    renamedWrites: table instanceof Error ? [] : await renamedOf(server, writing(table as TableRow[])),
  };
}

/** What COMMAND says of a command: name, arity, flags, and what comes behind. */
type TableRow = [name: string, arity: number, flags: string[], ...unknown[]];

/** A script may write as well; what tells it from other commands is that its keys stand where an argument says. */
function writing(table: readonly TableRow[]): string[] {
  const writes = (flags: readonly string[]): boolean =>
    flags.includes('write') || (flags.includes('movablekeys') && !flags.includes('readonly'));
  return table.filter(([, , flags]) => writes(flags)).map(([name]) => name);
}

/** COMMAND lists a command by its own name whatever it is called, and COMMAND INFO finds it only by what it is called. */
async function renamedOf(server: RedisServer, commands: readonly string[]): Promise<string[]> {
  const [found] = (await ask(server, [['COMMAND', 'INFO', ...commands]])) as [(TableRow | null)[]];
  return commands.filter((_, i) => found[i] === null);
}

/** Whether the file can be written is not to be known without writing it. */
async function configErrors(
  server: RedisServer,
  version: Version,
  got: unknown,
  probed: string,
): Promise<Pick<ServerDetails, 'configError' | 'rewriteError'>> {
  if (got instanceof Error) return { configError: got.message };
  const [set] = await ask(server, [['CONFIG', 'SET', PROBED, probed]]);
  const rewriteError = await new Roles(server, version).checkDurable().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof NotDurableError) return error.message.replace(`${server.address}: `, '');
      throw error;
    },
  );
  return { ...(set instanceof Error && { configError: set.message }), ...(rewriteError && { rewriteError }) };
}

/** A replica without a master does not list its modules, but tells them in INFO. */
function modulesOf(list: unknown, info: unknown): string[] {
  if (!(list instanceof Error)) return (list as string[][]).map((module) => module[module.indexOf('name') + 1]);
  return [...String(info).matchAll(/^module:name=([^,\r\n]+)/gm)].map(([, name]) => name);
}

async function ask(server: RedisServer, commands: readonly CommandLine[]): Promise<unknown[]> {
  const answers = await server.each(commands);
  for (const answer of answers) if (answer instanceof Error) rethrowUnreachable(answer);
  return answers;
}

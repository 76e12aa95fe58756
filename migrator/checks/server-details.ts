// What the checks need to know about a server. No query costs the server more than INFO.

import { clockOf } from '../data/key-snapshot';
import { NotDurableError, Roles } from '../shard/roles';
import { type CommandLine, type RedisServer, rethrowUnreachable } from '../redis/server';
import { Version } from '../redis/version';
import { type ServerView } from '../redis/server-view';

export interface ServerDetails {
  readonly address: string;
  readonly view: ServerView;
  readonly version: Version;
  /** A setting; undefined if the server does not have it or does not show it. */
  readonly setting: (name: string) => string | undefined;
  /** The error of CONFIG GET or CONFIG SET. */
  readonly configError?: string;
  /** The error of CONFIG REWRITE. */
  readonly rewriteError?: string;
  /** The names of loaded modules. */
  readonly modules: readonly string[];
  /** ACL users. */
  readonly users: readonly string[];
  /** Milliseconds by which its clock is ahead of this machine's, and the uncertainty; undefined if it does not report the time. */
  readonly clock?: { readonly ahead: number; readonly within: number };
  /** The looked-up commands that the server does not have under the expected name. */
  readonly missing: readonly string[];
  /** Renamed commands that change data, by their original names. */
  readonly renamedWrites: readonly string[];
}

/** Set to its own value, to find out whether CONFIG SET works; the migration does not use it. */
const PROBED = 'slowlog-max-len';

/** The settings to read, by the names of Redis 5.0 and later. */
const SETTINGS = [
  'client-output-buffer-limit',
  'databases',
  'masterauth',
  'masteruser',
  'maxmemory',
  'maxmemory-policy',
  'port',
  'repl-diskless-sync',
  'repl-timeout',
  'replica-announce-port',
  'replica-read-only',
  'replica-serve-stale-data',
  'save',
  'tls-port',
  'tls-replication',
  PROBED,
];

/** Commands to look up: `own` by the names in renamedCommands, `plain` by their original names. */
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
  const [time, ...results] = await sendAll(server, [
    ['TIME'],
    ['COMMAND', 'INFO', ...own.map((command) => server.nameOf(command)), ...plain],
    ['MODULE', 'LIST'],
    ['INFO', 'modules'],
    ['ACL', 'USERS'],
    ['COMMAND'],
    ...SETTINGS.map((name): CommandLine => ['CONFIG', 'GET', nameOf(name)]),
  ]);
  // Before 6.2, a replica without a master does not report the time.
  const within = (Date.now() - before) / 2;
  const clock = time instanceof Error ? undefined : { ahead: clockOf(time) - before - within, within };
  const [known, modules, moduleInfo, users, table, ...settings] = results;
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
    renamedWrites: table instanceof Error ? [] : await renamedOf(server, writeCommands(table as TableRow[])),
  };
}

/** An entry of COMMAND: name, arity, flags and more. */
type TableRow = [name: string, arity: number, flags: string[], ...unknown[]];

/** Scripts may write as well; they are recognized by their movable keys. */
function writeCommands(table: readonly TableRow[]): string[] {
  const writes = (flags: readonly string[]): boolean =>
    flags.includes('write') || (flags.includes('movablekeys') && !flags.includes('readonly'));
  return table.filter(([, , flags]) => writes(flags)).map(([name]) => name);
}

/** COMMAND lists the original name of a command; COMMAND INFO finds it only by its new name. */
async function renamedOf(server: RedisServer, commands: readonly string[]): Promise<string[]> {
  const [found] = (await sendAll(server, [['COMMAND', 'INFO', ...commands]])) as [(TableRow | null)[]];
  return commands.filter((_, i) => found[i] === null);
}

/** Only rewriting the file shows whether it can be written. */
async function configErrors(
  server: RedisServer,
  version: Version,
  got: unknown,
  probed: string,
): Promise<Pick<ServerDetails, 'configError' | 'rewriteError'>> {
  if (got instanceof Error) return { configError: got.message };
  const [set] = await sendAll(server, [['CONFIG', 'SET', PROBED, probed]]);
  const rewriteError = await new Roles(server, version).checkDurable().then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof NotDurableError) return error.message.replace(`${server.address}: `, '');
      throw error;
    },
  );
  return { ...(set instanceof Error && { configError: set.message }), ...(rewriteError && { rewriteError }) };
}

/** A replica without a master does not list its modules, but reports them in INFO. */
function modulesOf(list: unknown, info: unknown): string[] {
  if (!(list instanceof Error)) return (list as string[][]).map((module) => module[module.indexOf('name') + 1]);
  return [...String(info).matchAll(/^module:name=([^,\r\n]+)/gm)].map(([, name]) => name);
}

async function sendAll(server: RedisServer, commands: readonly CommandLine[]): Promise<unknown[]> {
  const results = await server.each(commands);
  for (const result of results) if (result instanceof Error) rethrowUnreachable(result);
  return results;
}

// Whether the two servers of a shard can do what a move asks of them.

import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type Version } from '../redis/version';
import { type Access } from '../shard/pair';

/** Both servers of a shard that has not moved. */
export interface BothServers {
  readonly old: ServerDetails;
  readonly new: ServerDetails;
  /** The password that both took from this program. */
  readonly password?: string;
  /** As whom the old one let this program in, if not as the default user with that password. */
  readonly oldUser?: Access['oldUser'];
  /** Whether the old server is to follow the new one once that has moved. */
  readonly keepLegacyInSync: boolean;
  /** Whether nobody uses the other names of commands that write while the fleet moves. */
  readonly acceptRenamedWrites?: boolean;
}

/** Commands without which no shard moves, those that others send than this program, and those that verify needs. */
const NEEDED = ['CONFIG', 'CLIENT'];
const SENT_BY_OTHERS = ['INFO', 'AUTH', 'PING', 'PSYNC', 'REPLCONF'];
const FOR_VERIFY = ['SCAN', 'RANDOMKEY', 'TYPE', 'PTTL', 'WATCH', 'MULTI', 'EXEC'];

/** The commands to ask an old server for: by the names of the plan, and by the plain ones. */
export const OWN_COMMANDS = [...NEEDED, 'SLAVEOF', 'REPLICAOF', ...FOR_VERIFY];
export const PLAIN_COMMANDS = SENT_BY_OTHERS;

const MAX_CLOCK_MS = 1000;

export function serverChecks(both: BothServers): Remark[] {
  const { old, new: fresh, keepLegacyInSync, acceptRenamedWrites } = both;
  return [
    ...identity(old, fresh),
    ...versions(old, fresh),
    ...(keepLegacyInSync ? oldCannotFollowNew(old, fresh) : []),
    ...kind(old),
    ...commands(old),
    ...renamedWrites(old, fresh, acceptRenamedWrites),
    ...replicationPassword(both),
    ...clocks(old, fresh),
  ];
}

/** Programs that speak like Redis and do not replicate like it: nothing else can be asked of them. */
export function productChecks(
  ...servers: readonly { readonly address: string; readonly version: Version }[]
): Remark[] {
  return servers.flatMap(({ address, version: { name, unsupportedReason } }) =>
    unsupportedReason === undefined
      ? []
      : [error('product', `${address} runs ${name}: ${unsupportedReason}; ${OTHER_WAYS}`)],
  );
}

const OTHER_WAYS =
  'copy its keys to a Redis or Valkey server first, by a tool that reads and writes keys, and move that; or run an image of Redis or Valkey';

function identity(old: ServerDetails, fresh: ServerDetails): Remark[] {
  if (old.view.runId !== fresh.view.runId) return [];
  const both = `${old.address} and ${fresh.address} are one server (run_id ${old.view.runId})`;
  return [error('same-server', `${both}; fix the addresses in the plan`)];
}

function versions(old: ServerDetails, fresh: ServerDetails): Remark[] {
  if (!old.version.isAtLeast(2, 8)) {
    const remedy = 'upgrade it to 2.8.24 first';
    return [error('version', `${old.address} runs ${old.version.name}, which is older than 2.8; ${remedy}`)];
  }
  if (fresh.version.canFollow(old.version)) return [];
  const both = `${fresh.address} runs ${fresh.version.name}, which cannot read what ${old.address} (${old.version.name}) sends`;
  return [error('version', `${both}; run an image of ${old.version.name} or later`)];
}

/** A cutover would only say so when the shard has moved. */
function oldCannotFollowNew(old: ServerDetails, fresh: ServerDetails): Remark[] {
  if (old.version.canFollow(fresh.version)) return [];
  const both = `${old.address} runs ${old.version.name}, which cannot read what ${fresh.address} (${fresh.version.name}) sends`;
  const effect = 'so it will not follow after the cutover, and a rollback will lose what was written since';
  const remedy = `run an image of ${old.version.name} in the shards if that is 7.0 or later, or do without keepLegacyInSync`;
  return [warning('way-back', `${both}, ${effect}; ${remedy}`)];
}

function kind({ address, view }: ServerDetails): Remark[] {
  const mode = view.info.text('redis_mode');
  if (view.info.text('cluster_enabled') === '1' || (mode !== '' && mode !== 'standalone')) {
    const remedy = 'only standalone servers behind nutcracker can be moved';
    return [error('mode', `${address} runs in ${mode || 'cluster'} mode; ${remedy}`)];
  }
  if (!view.isLoading) return [];
  return [error('loading', `${address} is loading its data; wait until it has, and run this again`)];
}

function commands({ address, version, missing }: ServerDetails): Remark[] {
  const fence = version.usesReplicaNames ? 'REPLICAOF' : 'SLAVEOF';
  const lacks = (names: readonly string[]): string[] => names.filter((name) => missing.includes(name));
  const named = (names: readonly string[]): string => `${address} does not know ${names.join(', ')} by that name`;
  const [needed, sent, used] = [lacks([...NEEDED, fence]), lacks(SENT_BY_OTHERS), lacks(FOR_VERIFY)];
  const remedy = 'if rename-command gave another name, put it into the Secret of renamedCommands of the move';
  return [
    ...(needed.length > 0 ? [error('commands', `${named(needed)}; ${remedy}`)] : []),
    ...(sent.length > 0
      ? [error('commands', `${named(sent)}, and ${SENDERS} send it so; restart it without that rename-command`)]
      : []),
    ...(used.length > 0 ? [warning('commands', `${named(used)}, so verify will fail; ${remedy}`)] : []),
  ];
}

/** A replica ignores commands that it does not know, and says so in its log at most. */
function renamedWrites(old: ServerDetails, fresh: ServerDetails, isAccepted = false): Remark[] {
  const renamed = old.renamedWrites.filter((name) => !fresh.renamedWrites.includes(name));
  if (renamed.length === 0) return [];
  const what = `${old.address} has other names for ${renamed.join(', ').toUpperCase()}, which ${fresh.address} does not know`;
  const loss = `${what}: WHAT IS WRITTEN BY THEM WOULD BE LOST`;
  // Nutcracker passes on no command that it does not know, so only who connects past the proxies can send one.
  if (isAccepted) return [warning('renamed-writes', `${loss}; let nobody use them until the fleet has moved`)];
  const remedy =
    'take that rename-command out of the old server and restart it, or let nobody use these names until the fleet has moved';
  return [error('renamed-writes', `${loss}; ${remedy}, and say so by --accept-renamed-writes`)];
}

const SENDERS = 'replicas and the bridge of the proxies';

/** The new server sends its masteruser and masterauth to the old one, which takes this program's. */
function replicationPassword({ old, new: fresh, password: ofAll = '', oldUser }: BothServers): Remark[] {
  const { user, password } = oldUser ?? { user: '', password: ofAll };
  const sentUser = fresh.setting('masteruser') ?? '';
  if (sentUser !== user) {
    const [is, should] = [sentUser, user].map((name) => (name === '' ? 'no masteruser' : `the masteruser ${name}`));
    const remedy = 'apply the shards of this plan (oldUser), and wait until they have started again';
    return [error('masteruser', `${fresh.address} has ${is}, and the plan asks for ${should}; ${remedy}`)];
  }
  const sent = fresh.setting('masterauth');
  if (sent === undefined || sent === password) return [];
  const what = sent === '' ? 'has no masterauth' : 'has a masterauth that is not the password of this program';
  return [error('masterauth', `${fresh.address} ${what}, so ${old.address} will not let it in; fix its masterauth`)];
}

function clocks(old: ServerDetails, fresh: ServerDetails): Remark[] {
  if (fresh.clock === undefined || old.clock === undefined) return [];
  const ahead = fresh.clock.ahead - old.clock.ahead;
  // A busy server may have been long in answering.
  if (Math.abs(ahead) <= MAX_CLOCK_MS + fresh.clock.within + old.clock.within) return [];
  const apart = `the clock of ${fresh.address} is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
  const effect = `keys that expire will do so ${ahead > 0 ? 'earlier' : 'later'} by as much`;
  return [warning('clock', `${apart} the one of ${old.address}, so ${effect}; set the clocks by NTP`)];
}

// Whether the two servers of a shard meet the requirements of a migration.

import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type PlannedShard, type PlannedTls } from '../../lib/migration/plan';
import { hostAndPort } from '../redis/server';
import { type Version } from '../redis/version';
import { type Access } from '../shard/pair';

/** Both servers of a shard that has not moved. */
export interface BothServers {
  readonly old: ServerDetails;
  readonly new: ServerDetails;
  /** The password that both accepted. */
  readonly password?: string;
  /** The user of the old server, if it is not the default user with that password. */
  readonly oldUser?: Access['oldUser'];
  /** Whether the old server is to follow the new one after the cutover. */
  readonly keepLegacyInSync: boolean;
  /** Which servers have TLS. */
  readonly tls?: PlannedTls;
  /** Its addresses in the plan. */
  readonly shard: Pick<PlannedShard, 'new' | 'newForOld'>;
  /** Whether no client uses renamed write commands during the migration. */
  readonly acceptRenamedWrites?: boolean;
}

/** Commands that every migration needs, those that replicas and the bridge send, and those that verify needs. */
const NEEDED = ['CONFIG', 'CLIENT'];
const SENT_BY_OTHERS = ['INFO', 'AUTH', 'PING', 'PSYNC', 'REPLCONF'];
const FOR_VERIFY = ['SCAN', 'RANDOMKEY', 'TYPE', 'PTTL', 'WATCH', 'MULTI', 'EXEC'];

/** The commands to look up on an old server: by their renamed names, and by their original ones. */
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
    ...replicationTls(both),
    ...clocks(old, fresh),
  ];
}

/** Programs that speak the Redis protocol but do not replicate like Redis: the other checks do not apply to them. */
export function productChecks(
  ...servers: readonly { readonly address: string; readonly version: Version }[]
): Remark[] {
  return servers.flatMap(({ address, version: { name, unsupportedReason } }) =>
    unsupportedReason === undefined
      ? []
      : [error('product', `${address} runs ${name}: ${unsupportedReason}; ${PRODUCT_REMEDY}`)],
  );
}

const PRODUCT_REMEDY =
  'first copy its keys to a Redis or Valkey server with a tool that reads and writes keys, and migrate that; or run an image of Redis or Valkey';

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
  const both = `${fresh.address} runs ${fresh.version.name}, which cannot load data of ${old.address} (${old.version.name})`;
  return [error('version', `${both}; run an image of ${old.version.name} or later`)];
}

/** Otherwise a cutover would report it only after the shard has moved. */
function oldCannotFollowNew(old: ServerDetails, fresh: ServerDetails): Remark[] {
  if (old.version.canFollow(fresh.version)) return [];
  const both = `${old.address} runs ${old.version.name}, which cannot load data of ${fresh.address} (${fresh.version.name})`;
  const effect = 'so it cannot follow after the cutover, and a rollback will lose the writes since then';
  const remedy = `run an image of ${old.version.name} in the shards if that is 7.0 or later, or turn keepLegacyInSync off`;
  return [warning('lossy-rollback', `${both}, ${effect}; ${remedy}`)];
}

function kind({ address, view }: ServerDetails): Remark[] {
  const mode = view.info.text('redis_mode');
  if (view.info.text('cluster_enabled') === '1' || (mode !== '' && mode !== 'standalone')) {
    const remedy = 'only standalone servers behind nutcracker can be moved';
    return [error('mode', `${address} runs in ${mode || 'cluster'} mode; ${remedy}`)];
  }
  if (!view.isLoading) return [];
  return [error('loading', `${address} is loading its data; wait until it has finished, and run this again`)];
}

function commands({ address, version, missing }: ServerDetails): Remark[] {
  const fence = version.usesReplicaNames ? 'REPLICAOF' : 'SLAVEOF';
  const lacks = (names: readonly string[]): string[] => names.filter((name) => missing.includes(name));
  const named = (names: readonly string[]): string => `${address} has no command ${names.join(', ')}`;
  const [needed, sent, used] = [lacks([...NEEDED, fence]), lacks(SENT_BY_OTHERS), lacks(FOR_VERIFY)];
  const remedy = 'if rename-command renamed it, add the new name to the renamedCommands Secret of the migration';
  return [
    ...(needed.length > 0 ? [error('commands', `${named(needed)}; ${remedy}`)] : []),
    ...(sent.length > 0
      ? [error('commands', `${named(sent)}, which ${SENDERS} send; restart it without that rename-command`)]
      : []),
    ...(used.length > 0 ? [warning('commands', `${named(used)}, so verify will fail; ${remedy}`)] : []),
  ];
}

/** A replica ignores commands that it does not know, and at most logs them. */
function renamedWrites(old: ServerDetails, fresh: ServerDetails, isAccepted = false): Remark[] {
  const renamed = old.renamedWrites.filter((name) => !fresh.renamedWrites.includes(name));
  if (renamed.length === 0) return [];
  const what = `${old.address} has renamed ${renamed.join(', ').toUpperCase()}, and ${fresh.address} does not know the new names`;
  const loss = `${what}: WRITES BY THEM WOULD BE LOST`;
  // Nutcracker does not pass unknown commands on, so only clients that bypass the proxies can send one.
  if (isAccepted) return [warning('renamed-writes', `${loss}; no client may use them until the fleet has moved`)];
  const remedy =
    'remove that rename-command from the old server and restart it, or make sure that no client uses these names until the fleet has moved';
  return [error('renamed-writes', `${loss}; ${remedy}, and accept this with --accept-renamed-writes`)];
}

const SENDERS = 'replicas and the bridge of the proxies';

/** The new server logs in to the old one with its masteruser and masterauth, which must be this program's user and password. */
function replicationPassword({ old, new: fresh, password: ofAll = '', oldUser }: BothServers): Remark[] {
  const { user, password } = oldUser ?? { user: '', password: ofAll };
  const sentUser = fresh.setting('masteruser') ?? '';
  if (sentUser !== user) {
    const [is, should] = [sentUser, user].map((name) => (name === '' ? 'no masteruser' : `the masteruser ${name}`));
    const remedy = 'apply the shards of this plan (oldUser), and wait until they have restarted';
    return [error('masteruser', `${fresh.address} has ${is}, and the plan requires ${should}; ${remedy}`)];
  }
  const sent = fresh.setting('masterauth');
  if (sent === undefined || sent === password) return [];
  const what = sent === '' ? 'has no masterauth' : 'has a masterauth that is not the password of this program';
  return [error('masterauth', `${fresh.address} ${what}, so ${old.address} will reject it; fix its masterauth`)];
}

/** Redis has one switch for all that a server follows: sync sets that of the new server. */
function replicationTls({ old, new: fresh, tls, keepLegacyInSync, shard }: BothServers): Remark[] {
  const remarks: Remark[] = [];
  if (tls?.old === true && (fresh.setting('tls-port') ?? '0') === '0') {
    const what = `${fresh.address} has no certificate, so it cannot follow ${old.address} by TLS`;
    remarks.push(error('tls', `${what}; apply the shards of this plan (tls), and wait until they have restarted`));
  }
  const wanted = keepLegacyInSync ? hasTlsForOld(shard, tls) : undefined;
  if (wanted !== undefined && (old.setting('tls-replication') === 'yes') !== wanted) {
    const [is, has] = wanted ? ['without TLS', 'with'] : ['by TLS', 'without'];
    const what = `${old.address} would follow ${is} after the cutover, and ${shard.newForOld ?? shard.new} is the port ${has} TLS`;
    const remedy = `set tls-replication there to ${wanted ? 'yes, with the authorities of the shards in tls-ca-cert-file' : 'no'}, or shardAddressesForLegacy to the other port`;
    remarks.push(warning('lossy-rollback', `${what}, so a rollback will lose the writes since then; ${remedy}`));
  }
  return remarks;
}

/** Whether the port that the old server follows has TLS: that of the plan, or the other one of the same server. Another host may be a tunnel. */
function hasTlsForOld({ new: fresh, newForOld }: BothServers['shard'], tls?: PlannedTls): boolean | undefined {
  const newHasTls = tls?.new ?? false;
  if (newForOld === undefined) return newHasTls;
  if (tls === undefined) return undefined;
  const [own, other] = [fresh, newForOld].map(hostAndPort);
  if (own.host !== other.host) return undefined;
  return own.port === other.port ? newHasTls : !newHasTls;
}

function clocks(old: ServerDetails, fresh: ServerDetails): Remark[] {
  if (fresh.clock === undefined || old.clock === undefined) return [];
  const ahead = fresh.clock.ahead - old.clock.ahead;
  // A busy server may have replied late.
  if (Math.abs(ahead) <= MAX_CLOCK_MS + fresh.clock.within + old.clock.within) return [];
  const apart = `the clock of ${fresh.address} is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
  const effect = `keys will expire that much ${ahead > 0 ? 'earlier' : 'later'}`;
  return [warning('clock', `${apart} that of ${old.address}, so ${effect}; synchronize the clocks with NTP`)];
}

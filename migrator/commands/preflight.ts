// Finds what would prevent a migration before anything moves. Connects only to servers of the plan, and changes only their
// configuration files, which are rewritten to find out whether that works.

import { type PlannedShard } from '../../lib/migration/plan';
import { directSender } from '../redis/command-sender';
import { newConfigChecks, oldConfigChecks } from '../checks/config-checks';
import { connectionChecks } from '../checks/connection-checks';
import { type Context } from './context';
import { dataChecks } from '../checks/data-checks';
import { eachShard } from '../program/each-shard';
import { detailsOf, type ServerDetails } from '../checks/server-details';
import { error, type Finding, type Remark } from '../checks/finding';
import { randomKeys, select } from '../data/key-scan';
import { type Outcome, RefusedError } from '../program/outcome';
import { missingRightsOf } from './refuse-missing-rights';
import { Pair, type PairView, versionOf } from '../shard/pair';
import { databasesOf, Placement } from '../checks/placement';
import { type RedisServer, ServerError } from '../redis/server';
import { OWN_COMMANDS, PLAIN_COMMANDS, productChecks, serverChecks } from '../checks/server-checks';
import { foreignStateAdvice } from '../shard/foreign';
import { MEANING } from '../shard/shard-state';
import { type ServerView } from '../redis/server-view';
import { watchedBy } from '../shard/watched';

export { type Finding } from '../checks/finding';

export interface PreflightOptions {
  /** How many keys of each shard are checked against the ring. */
  readonly sampleKeys: number;
  /** Whether a fence that a restart would remove is a warning, not an error. */
  readonly acceptVolatileFence: boolean;
  readonly acceptRenamedWrites?: boolean;
}

const AT_A_TIME = 16;

export async function preflight(
  context: Context,
  options: PreflightOptions,
): Promise<{ findings: Finding[]; outcomes: Outcome[] }> {
  const findings: Finding[] = [];
  const fleet = { placement: new Placement(context.plan), shardOf: new Map<string, PlannedShard>() };
  const outcomes = await eachShard(context, { concurrency: AT_A_TIME }, async (shard) => {
    const { remarks, about } = await new Preflight(context, options, fleet, shard).run();
    findings.push(...remarks.map((remark) => ({ ...remark, shard: shard.shard })));
    return conclusion(remarks, about);
  });
  const inOrder = findings.sort((a, b) => (a.shard ?? 0) - (b.shard ?? 0));
  return { findings: [...inOrder, ...fleet.placement.permutation], outcomes };
}

function conclusion(remarks: readonly Remark[], about: string): string {
  const errors = remarks.filter(({ severity }) => severity === 'error');
  const others = remarks.length - errors.length;
  const warnings = others === 0 ? '' : `, ${others} warning${others === 1 ? '' : 's'}`;
  if (errors.length === 0) return `${about}${warnings}`;
  const codes = [...new Set(errors.map(({ code }) => code))].join(', ');
  throw new RefusedError(`${errors.length} error${errors.length === 1 ? '' : 's'} (${codes})${warnings}`);
}

interface Result {
  readonly remarks: Remark[];
  readonly about: string;
}

/** Data for checks across shards. */
interface Fleet {
  readonly placement: Placement;
  /** By run_id of an old server: the first shard that was checked. */
  readonly shardOf: Map<string, PlannedShard>;
}

/** The checks of one shard. */
class Preflight {
  constructor(
    private readonly context: Context,
    private readonly options: PreflightOptions,
    private readonly fleet: Fleet,
    private readonly shard: PlannedShard,
  ) {}

  async run(): Promise<Result> {
    let pair: Pair | undefined;
    try {
      pair = await Pair.connect(this.shard, this.context.access);
      return await this.check(pair);
    } catch (failure) {
      if (!(failure instanceof ServerError)) throw failure;
      const lack = failure.isAboutRights && pair ? await this.missingRightsOf(pair) : undefined;
      return { remarks: [lack ?? this.unreachable(failure)], about: '' };
    } finally {
      pair?.close();
    }
  }

  private async check(pair: Pair): Promise<Result> {
    const pairView = await pair.observe();
    const { state } = pairView;
    const servers = [
      ...(pairView.old ? [{ address: this.shard.old, version: versionOf(pairView.old) }] : []),
      ...(pairView.new ? [{ address: this.shard.new, version: versionOf(pairView.new) }] : []),
    ];
    const products = productChecks(...servers);
    if (products.length > 0) return { remarks: products, about: '' };
    switch (state) {
      case 'waiting':
      case 'syncing':
      case 'in sync':
        return {
          remarks: await this.beforeMove(pair, pairView as Required<PairView>),
          about: 'nothing prevents the migration',
        };
      case 'moved':
      case 'following':
        return {
          remarks: await this.afterMove(pair, pairView as Required<PairView>),
          about: 'already moved: only the new server was checked',
        };
      default:
        return { remarks: this.unexpectedState(pair, pairView), about: state };
    }
  }

  private async missingRightsOf(pair: Pair, pairView: PairView = { state: 'waiting' }): Promise<Remark | undefined> {
    const lack = await missingRightsOf(pair, pairView, this.context.plan.keepLegacyInSync);
    return lack === undefined ? undefined : error('rights', lack);
  }

  private async beforeMove(pair: Pair, pairView: Required<PairView>): Promise<Remark[]> {
    const { access, plan } = this.context;
    const lack = await this.missingRightsOf(pair, pairView);
    if (lack !== undefined) return [lack];
    const [old, fresh] = await Promise.all([
      detailsOf(pair.old, pairView.old, { own: OWN_COMMANDS, plain: PLAIN_COMMANDS }),
      detailsOf(pair.new, pairView.new),
    ]);
    const { acceptRenamedWrites } = this.options;
    const { keepLegacyInSync } = plan;
    const { password, oldUser } = access;
    const both = {
      old,
      new: fresh,
      password,
      oldUser,
      keepLegacyInSync,
      acceptRenamedWrites,
      tls: plan.tls,
      shard: this.shard,
    };
    const ownPort = pairView.state === 'waiting' ? undefined : replicaPort(fresh);
    return [
      ...this.otherAddress(pairView.old),
      ...serverChecks(both),
      ...oldConfigChecks(both, this.options.acceptVolatileFence),
      ...newConfigChecks(fresh),
      ...dataChecks(both, databasesOf(plan, this.shard)),
      ...(await sentinelChecks(pair)),
      ...(await connectionChecks(pair.old, old, { proxyNetworks: plan.proxyNetworks, ownPort })),
      ...(old.view.isLoading ? [] : await this.checkPlacement(pair.old)),
    ];
  }

  /** A server with two addresses would be two shards, and the second could not move. */
  private otherAddress({ runId }: ServerView): Remark[] {
    const { shardOf } = this.fleet;
    const first = shardOf.get(runId);
    shardOf.set(runId, first ?? this.shard);
    if (first === undefined) return [];
    const both = `${this.shard.old} is the old server of shard ${first.shard} as well (${first.old}, run_id ${runId})`;
    const remedy = 'write it with one address in every pool, so that it is one shard';
    return [error('same-server', `${both}; ${remedy}`)];
  }

  private async afterMove(pair: Pair, pairView: Required<PairView>): Promise<Remark[]> {
    const details = await detailsOf(pair.new, pairView.new);
    return [...newConfigChecks(details), ...(await sentinelChecks(pair)), ...(await this.checkPlacement(pair.new))];
  }

  /** Samples the databases that nutcracker uses. */
  private async checkPlacement(server: RedisServer): Promise<Remark[]> {
    const remarks: Remark[] = [];
    const send = directSender(server);
    for (const database of databasesOf(this.context.plan, this.shard)) {
      try {
        await select(send, database);
      } catch (failure) {
        if (!(failure instanceof ServerError) || failure.code === 'UNREACHABLE') throw failure;
        const what = `a pool uses database ${database} of ${failure.message}`;
        remarks.push(
          error('databases', `${what}; correct redis_db in nutcracker.yml, or the databases setting of that server`),
        );
        continue;
      }
      const keys = await randomKeys(send, this.options.sampleKeys);
      remarks.push(...this.fleet.placement.check(this.shard, server.address, database, keys));
    }
    return remarks;
  }

  private unexpectedState(pair: Pair, pairView: PairView): Remark[] {
    const { state, old, new: fresh } = pairView;
    if (state === 'foreign') return [error('role', foreignStateAdvice(this.shard, pairView))];
    if (pair.connectionErrors.length > 0) return pair.connectionErrors.map((failure) => this.unreachable(failure));
    const { old: oldAddress, new: newAddress } = this.shard;
    switch (state) {
      case 'split brain': {
        if (old?.runId === fresh?.runId)
          return [
            error('same-server', `${oldAddress} and ${newAddress} are one server; fix the addresses in the plan`),
          ];
        const remedy =
          'if the shard has moved, run cutover to fence the old server; otherwise start the new one as a replica';
        return [error('two-masters', `${oldAddress} and ${newAddress} both report role:master; ${remedy}`)];
      }
      default:
        return [error('interrupted', `${MEANING[state]}; run cutover or rollback`)];
    }
  }

  private unreachable(failure: ServerError): Remark {
    const { oldUser } = this.context.access;
    const isOfUser =
      oldUser !== undefined && failure.isAboutPassword && failure.message.startsWith(`${this.shard.old}:`);
    if (!isOfUser) return unreachable(failure);
    const remedy = `correct the password of ${oldUser.user} there or in its Secret, or remove oldUser before Redis 6.0`;
    return error('password', `${failure.message}; ${remedy}`);
  }
}

/** The port that the new server tells the one that it follows. */
function replicaPort({ setting }: ServerDetails): number {
  const announced = Number(setting('replica-announce-port'));
  if (announced > 0) return announced;
  return Number(setting(setting('tls-replication') === 'yes' ? 'tls-port' : 'port'));
}

async function sentinelChecks(pair: Pair): Promise<Remark[]> {
  return (await watchedBy(pair)).map((message) => error('sentinel', message));
}

function unreachable({ code, message, isAboutPassword, refusal }: ServerError): Remark {
  if (refusal !== undefined) return error('refuses-connections', message);
  const plain = PLAIN_COMMANDS.find((command) => new RegExp(`unknown command ['\`]${command}\\b`, 'i').test(message));
  if (plain !== undefined) {
    return error(
      'commands',
      `${message}; other programs send it by that name, so restart the server without that rename-command`,
    );
  }
  if (isAboutPassword) {
    return error(
      'password',
      `${message}; both servers need the password that the proxies send, so fix it there or in the Secret`,
    );
  }
  if (code === 'UNREACHABLE') {
    return error('unreachable', `${message}; check the address in the plan, the server, and the network policies`);
  }
  return error(
    'refused',
    `${message}; if rename-command renamed that command, add the new name to the renamedCommands Secret of the migration`,
  );
}

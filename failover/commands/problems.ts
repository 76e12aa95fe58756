// What is wrong with a shard, in words, and the remedy.

import { otherSide, type Side } from '../../lib/failover/replica-plan';
import { type ServerView } from '../../migrator/redis/server-view';
import { type Votes } from '../sentinel/sentinels';
import { type ShardServers } from '../shard/shard-servers';
import { masterOf, MEANING, type ShardView, whyNotEligible } from '../shard/state';

export function problemsOf(servers: ShardServers, view: ShardView, votes: Votes): string[] {
  return [...serverProblems(servers, view), ...voteProblems(view, votes)];
}

function serverProblems(servers: ShardServers, view: ShardView): string[] {
  const { state, first } = view;
  const { shard } = servers.shard;
  const other = first && otherSide(first);
  switch (state) {
    case 'ready':
      return [];
    case 'behind':
      return [
        `${other} cannot take over: ${whyNotEligible(view.views[otherSide(first)])}; wait, and look into its log`,
      ];
    case 'alone':
      return [`${servers.silence}; bring ${other} back: without it the shard does not survive the loss of ${first}`];
    case 'detached':
      return [
        `${roleText(servers, view, otherSide(first))}, and does not follow ${first}; run switchover --shards ${shard} --to ${first}, which attaches it if it has nothing that ${first} lacks`,
      ];
    case 'interrupted':
      return [`${MEANING[state]}; run switchover --shards ${shard} again`];
    case 'stranded':
      return [`${roleText(servers, view, first)}; ${servers.silence}; run switchover --shards ${shard} again`];
    case 'master lost':
      return [`${servers.silence}; ${lostMaster(shard, view, first)}`];
    case 'two masters':
    case 'no master':
      return [`${roleText(servers, view, 'a')}, ${roleText(servers, view, 'b')}; ${decide(shard)}`];
    case 'unreachable':
      return [`${servers.silence}; bring one of them back`];
  }
}

function lostMaster(shard: number, view: ShardView, lost: Side): string {
  const replica = otherSide(lost);
  if (isFresh(view.views[replica]))
    return `Sentinel promotes ${replica} within seconds; if not, run failover --shards ${shard}`;
  const accept = `failover --shards ${shard} --to ${replica} --accept-data-loss`;
  return `${replica} was not in sync when it lost its master, so nothing promotes it; bring ${lost} back, or, if that is lost for good, run ${accept}`;
}

/** Whether a replica without a link was in sync when it lost it: only then it has a priority. */
export function isFresh(view?: ServerView): boolean {
  return view !== undefined && !view.isLoading && !view.isSyncing && view.info.number('slave_priority') > 0;
}

/** What to do about a shard that no rule decides. */
export function decide(shard: number): string {
  return `decide which one has the right data, and run failover --shards ${shard} --to a or b --accept-data-loss`;
}

/** `a 10.0.0.1:6379 is a master with 12 keys` */
export function roleText(servers: ShardServers, { views, roles }: ShardView, side: Side): string {
  const name = `${side} (${servers.shard[side]})`;
  const view = views[side];
  if (view === undefined) return `${name} cannot be reached`;
  const keys = `${view.keys} key${view.keys === 1 ? '' : 's'}`;
  switch (roles[side]) {
    case 'master':
      return `${name} is a master with ${keys}`;
    case 'nowhere':
      return `${name} with ${keys} was demoted`;
    case 'partner':
      return `${name} with ${keys} follows ${otherSide(side)}`;
    default:
      return `${name} with ${keys} follows ${view.follows ?? 'nothing'}, which is not in the plan`;
  }
}

function voteProblems(view: ShardView, votes: Votes): string[] {
  const master = masterOf(view);
  if (!votes.isHeard) {
    const silent = votes.all.flatMap(({ silence }) => silence ?? []).join('; ');
    return [`${votes.text}: too few for a failover (${silent}); start them, and check the network policies`];
  }
  if (votes.isUnmonitored) {
    return [
      `${votes.text}: nothing promotes a replica; they start by themselves as soon as one server is the master and the other follows it, except during a migration`,
    ];
  }
  if (master !== undefined && votes.agreed !== master) {
    return [
      `${votes.text}, but ${master} is the master; they accept it within 30 seconds; if not, run switchover --to ${master}`,
    ];
  }
  const silent = votes.all.filter(({ silence }) => silence !== undefined);
  if (silent.length > 0) return [`${votes.text}: ${silent.map(({ silence }) => silence).join('; ')}`];
  return [];
}

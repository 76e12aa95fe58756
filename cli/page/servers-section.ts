// Where each shard goes: a row for each, from its old address to its Service and pod.

import { goalsOf, type PoolData, type ShardData } from '../input/report-data';
import { el, span, type Child } from './element';
import { fragment } from './figure';
import { type Share } from './shares';
import { lagCell, stateCell } from './state-section';
import { type Column, table } from './table';

/** A column, and its cell for the server at a place of the pool. */
interface Part extends Column {
  readonly cell: (index: number) => Child;
}

export function serversSection(facts: PoolData, shares: readonly Share[]): Node {
  const { pool, plan } = facts;
  const parts = [...whatItIs(facts), ...whereItGoes(facts), ...howFarItIs(facts), ...howMuchItHas(shares)];
  return fragment(
    plan === undefined
      ? el(
          'p',
          {},
          'Where they go is in the plan of a move, which the synth writes: give it with ',
          span('code', '--plan dist'),
          '.',
        )
      : el(
          'p',
          {},
          'The plan of ',
          el('b', {}, plan.plan.fleet),
          ', from ',
          span('code', plan.source),
          ...inNamespace(plan.namespace),
          '.',
        ),
    table({
      caption: plan === undefined ? 'Servers, in the order of the file' : 'Shards, in the order of the file',
      columns: parts,
      rows: pool.servers.map((_, index) => parts.map(({ cell }) => cell(index))),
      canFilter: true,
    }),
  );
}

function inNamespace(namespace: string | undefined): Child[] {
  return namespace === undefined ? [] : ['; namespace ', span('code', namespace)];
}

function whatItIs({ pool: { servers }, shards, plan, status }: PoolData): Part[] {
  const isNamed = servers.some(({ ringName, address }) => ringName !== address);
  return [
    (plan ?? status)
      ? { title: 'Shard', cell: (index) => String(shards[index]) }
      : { title: 'Index', cell: (index) => String(index) },
    ...(isNamed
      ? [{ title: 'Ring name', kind: 'code' as const, cell: (index: number) => servers[index].ringName }]
      : []),
    { title: plan === undefined ? 'Address' : 'Old address', kind: 'code', cell: (index) => servers[index].address },
  ];
}

function whereItGoes(facts: PoolData): Part[] {
  const goals = goalsOf(facts);
  if (goals.size === 0) return [];
  const pods = facts.plan?.pods ?? new Map<string, string>();
  const goal = (index: number): string => goals.get(facts.shards[index]) ?? '';
  const pod = (index: number): string => pods.get(goal(index).split(/[.:]/)[0]) ?? '';
  return [
    { title: 'New address', kind: 'code', cell: goal },
    ...(pods.size === 0 ? [] : [{ title: 'Pod', kind: 'code' as const, cell: pod }]),
  ];
}

function howFarItIs({ shards, status }: PoolData): Part[] {
  if (status === undefined) return [];
  const at = (index: number): ShardData | undefined => status.shards.get(shards[index]);
  return [
    { title: 'State', cell: (index) => stateCell(at(index)) },
    { title: 'Keys', kind: 'number', cell: (index) => at(index)?.keys?.toLocaleString('en') ?? '' },
    { title: 'Lag', kind: 'number', cell: (index) => lagCell(at(index)) },
  ];
}

function howMuchItHas(shares: readonly Share[]): Part[] {
  if (shares.length === 0) return [];
  return [{ title: 'Share', kind: 'number', cell: (index) => `${(shares[index].share * 100).toFixed(3)} %` }];
}

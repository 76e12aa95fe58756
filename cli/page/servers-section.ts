// The table of shards, with the old address, the new address, the pod and the state of each.

import { newAddresses, type PoolData, type ShardData } from '../input/report-data';
import { el, span, type Child } from './element';
import { fragment } from './figure';
import { type Share } from './shares';
import { lagCell, stateCell } from './state-section';
import { type Column, table } from './table';

/** A column, and the function that makes its cell for a server of the pool. */
interface CellColumn extends Column {
  readonly cell: (index: number) => Child;
}

export function serversSection(data: PoolData, shares: readonly Share[]): Node {
  const { pool, plan } = data;
  const columns = [
    ...serverColumns(data),
    ...destinationColumns(data),
    ...statusColumns(data),
    ...shareColumns(shares),
  ];
  return fragment(
    plan === undefined
      ? el(
          'p',
          {},
          'To show the new addresses, give the plan that the synth writes: ',
          span('code', '--plan dist'),
          '.',
        )
      : el(
          'p',
          {},
          'From the plan of ',
          el('b', {}, plan.plan.fleet),
          ' in ',
          span('code', plan.source),
          ...inNamespace(plan.namespace),
          '.',
        ),
    table({
      caption: plan === undefined ? 'Servers, in the order of the file' : 'Shards, in the order of the file',
      columns,
      rows: pool.servers.map((_, index) => columns.map(({ cell }) => cell(index))),
      canFilter: true,
    }),
  );
}

function inNamespace(namespace: string | undefined): Child[] {
  return namespace === undefined ? [] : ['; namespace ', span('code', namespace)];
}

function serverColumns({ pool: { servers }, shards, plan, status }: PoolData): CellColumn[] {
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

function destinationColumns(data: PoolData): CellColumn[] {
  const addresses = newAddresses(data);
  if (addresses.size === 0) return [];
  const pods = data.plan?.pods ?? new Map<string, string>();
  const address = (index: number): string => addresses.get(data.shards[index]) ?? '';
  const pod = (index: number): string => pods.get(address(index).split(/[.:]/)[0]) ?? '';
  return [
    { title: 'New address', kind: 'code', cell: address },
    ...(pods.size === 0 ? [] : [{ title: 'Pod', kind: 'code' as const, cell: pod }]),
  ];
}

function statusColumns({ shards, status }: PoolData): CellColumn[] {
  if (status === undefined) return [];
  const shard = (index: number): ShardData | undefined => status.shards.get(shards[index]);
  return [
    { title: 'State', cell: (index) => stateCell(shard(index)) },
    { title: 'Keys', kind: 'number', cell: (index) => shard(index)?.keys?.toLocaleString('en') ?? '' },
    { title: 'Lag', kind: 'number', cell: (index) => lagCell(shard(index)) },
  ];
}

function shareColumns(shares: readonly Share[]): CellColumn[] {
  if (shares.length === 0) return [];
  return [{ title: 'Share', kind: 'number', cell: (index) => `${(shares[index].share * 100).toFixed(3)} %` }];
}

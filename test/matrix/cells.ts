// The cells of the fault matrix: what is hit, by which fault, at which moment, and what is allowed there.

import { type FaultName, FAULTS } from './faults';
import { type Moment, MOMENTS } from './moments';
import { type Subject, SUBJECTS } from './subjects';

export interface Cell {
  readonly subject: Subject;
  readonly fault: FaultName;
  readonly moment: Moment;
}

const NODE = 'the node of the master, a Sentinel and a proxy';

/** The cell as the title of a test. */
export const titleOf = ({ subject, fault, moment }: Cell): string => `${subject} ${fault}, ${moment}`;

/** The cells that the long tests run: each subject, each fault and each moment. */
export const SELECTED: readonly string[] = [
  'the master cut off, while nothing else happens',
  `${NODE} cut off, while nothing else happens`,
  `${NODE} cut off, only receiving, while nothing else happens`,
  `${NODE} cut off, only sending, while nothing else happens`,
  'one Sentinel cut off, before a failover',
  'the replica cut off, while a planned stop holds writes',
  'a bridge cut off, during a rollout',
  'the master killed, while nothing else happens',
  'the master stopped for ten seconds, while nothing else happens',
  'the master standing still for a fork, while nothing else happens',
  'two Sentinels killed, a second after the master was killed',
  'the replica killed, after a planned stop has promoted the replica',
  'all Sentinels stopped for ten seconds, while nothing else happens',
  'a bridge killed, after a failover',
  'the master with a full disk, while nothing else happens',
  'one Sentinel with a full disk, while Sentinel fails over',
  'the master killed, the disk lost, while nothing else happens',
];
const NOTHING_ELSE = 'while nothing else happens';

/** Cells without a meaning. */
function isAbsent({ subject, fault, moment }: Cell): boolean {
  // Only servers fork.
  if (fault.includes('fork') && subject !== 'the master' && subject !== 'the replica') return true;
  // A bridge writes to no disk.
  if (fault.includes('disk') && subject === 'a bridge') return true;
  // A fault of the master is itself what a failover follows.
  return moment === 'before a failover' && hitsMaster({ subject });
}

const keysOf = <T extends object>(it: T): (keyof T)[] => Object.keys(it) as (keyof T)[];

/** All cells, by fault, subject and moment. */
export const CELLS: readonly Cell[] = keysOf(FAULTS).flatMap((fault) =>
  keysOf(SUBJECTS).flatMap((subject) =>
    keysOf(MOMENTS)
      .map((moment) => ({ subject, fault, moment }))
      .filter((cell) => !isAbsent(cell)),
  ),
);

/** The cells of some faults: all with MATRIX, and otherwise those that the long tests run. */
export function cellsOf(...faults: FaultName[]): Cell[] {
  const isRun = (cell: Cell): boolean => Boolean(process.env.MATRIX) || SELECTED.includes(titleOf(cell));
  return CELLS.filter((cell) => faults.includes(cell.fault) && isRun(cell));
}

/** Whether the fault hits the master that the cell begins with. */
export function hitsMaster({ subject }: Pick<Cell, 'subject'>): boolean {
  return subject === 'the master' || subject === NODE;
}

/** Whether the fault hits a proxy. Its clients see errors of every shard. */
export function hitsProxy({ subject }: Cell): boolean {
  return subject === 'a bridge' || subject === NODE;
}

/** Whether the replica has replaced the master at the end; undefined if that is not certain. */
export function isReplaced(cell: Cell): boolean | undefined {
  const { subject, fault, moment } = cell;
  if (moment === NOTHING_ELSE) return hitsMaster(cell) && !fault.includes('fork');
  if (moment === 'after a failover' || moment === 'after a planned stop has promoted the replica') {
    return subject === 'one Sentinel' || subject === 'a bridge' ? true : undefined;
  }
  return undefined;
}

/** How often the clients may see another master. */
export function mostChanges(cell: Cell): number {
  if (cell.moment === NOTHING_ELSE) return hitsMaster(cell) && !cell.fault.includes('fork') ? 1 : 0;
  // The two servers of a rollout, or the server of a failover, and a failover that the fault causes.
  return 3;
}

/**
 * Whether the only current copy may be lost: the new master loses its disk before the other server is in sync with it. Then the
 * shard is unavailable until a person accepts the loss.
 */
export function mayNeedDecision(cell: Cell): boolean {
  return cell.fault === 'killed, the disk lost' && cell.moment !== NOTHING_ELSE && cell.moment !== 'before a failover';
}

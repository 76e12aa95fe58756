// The faults of the matrix.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Cut, type LabNode } from '../lab/network';
import { type LabPod } from '../lab/pod';
import { type MatrixFleet } from './fleet';
import { type Target } from './subjects';

/** Ends a fault. */
type Heal = () => Promise<void> | void;

export interface Fault {
  /** How long it lasts, in milliseconds. */
  readonly lastsMs: number;
  readonly begin: (it: MatrixFleet, groups: Target[][]) => Promise<Heal> | Heal;
}

/** Longer than a failover takes: the old master finds a new one when the fault ends. */
const LONG_MS = 10_000;

/**
 * As long as the fork of an instance of some 100 GB holds its main thread. It is shorter than down-after-milliseconds, so
 * that nothing may fail over.
 */
const FORK_MS = 2000;

const podsOf = (groups: Target[][]): LabPod[] => groups.flat().map(({ pod }) => pod);

/** Nothing restarts what a node ran before the node is back. */
async function killed(it: MatrixFleet, groups: Target[][], meanwhile: (pods: LabPod[]) => void): Promise<Heal> {
  const pods = podsOf(groups);
  it.kubelet.hold(pods);
  const programs = groups.flat().flatMap(({ pod, containers }) => containers.map((name) => pod.program(name)));
  await Promise.all(programs.map((program) => program.stop('SIGKILL')));
  meanwhile(pods);
  const release = (): void => {
    it.kubelet.release(pods);
  };
  if (isNode(groups)) return release;
  release();
  return () => undefined;
}

/** Whether a fault hits a node with several pods. */
export const isNode = (groups: readonly (readonly Target[])[]): boolean => groups.some((group) => group.length > 1);

function stopped(_: MatrixFleet, groups: Target[][]): Heal {
  const programs = groups.flat().flatMap(({ pod, containers }) => containers.map((name) => pod.program(name)));
  for (const { child } of programs) child.kill('SIGSTOP');
  return () => {
    for (const { child } of programs) child.kill('SIGCONT');
  };
}

const isolated =
  (cut: Cut) =>
  async ({ network }: MatrixFleet, groups: Target[][]): Promise<Heal> => {
    for (const group of groups) await network.isolate(podsOf([group]).map(nodeOf), cut);
    return () => network.heal();
  };

function emptied(pods: LabPod[]): void {
  for (const directory of pods.filter((pod) => pod.mounts('/data')).map((pod) => pod.directory('/data'))) {
    for (const file of fs.readdirSync(directory)) fs.rmSync(path.join(directory, file), { recursive: true });
  }
}

export const FAULTS = {
  killed: { lastsMs: 0, begin: (it, groups) => killed(it, groups, () => undefined) },
  'stopped for ten seconds': { lastsMs: LONG_MS, begin: stopped },
  'cut off': { lastsMs: LONG_MS, begin: isolated('both') },
  'cut off, only receiving': { lastsMs: LONG_MS, begin: isolated('sent') },
  'cut off, only sending': { lastsMs: LONG_MS, begin: isolated('received') },
  'with a full disk': {
    lastsMs: LONG_MS,
    begin: (it, groups) => {
      const disks = podsOf(groups).map((pod) => it.disk(pod));
      for (const disk of disks) disk.fill();
      return () => {
        for (const disk of disks) disk.free();
      };
    },
  },
  'killed, the disk lost': { lastsMs: 0, begin: (it, groups) => killed(it, groups, emptied) },
  'standing still for a fork': { lastsMs: FORK_MS, begin: stopped },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

function nodeOf({ name, node }: LabPod): LabNode {
  if (node === undefined) throw new Error(`pod ${name} is on no node of the network`);
  return node;
}

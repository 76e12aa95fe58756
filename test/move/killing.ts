// Kills and restarts the programs of a migration.

import { type LabMove } from '../lab/move';

export const VICTIMS = {
  'old Redis': async ({ old }: LabMove): Promise<void> => {
    await old.restart(0, 'SIGKILL');
  },
  'new Redis': async ({ fleet }: LabMove): Promise<void> => {
    await fleet.stopShard(0, 'SIGKILL');
    await fleet.startShard(0);
  },
  bridge: async ({ proxies: [{ pod }] }: LabMove): Promise<void> => {
    await pod.program('bridge').stop('SIGKILL');
    await pod.startContainer('bridge');
  },
  nutcracker: async ({ proxies: [{ pod }] }: LabMove): Promise<void> => {
    await pod.program('nutcracker').stop('SIGKILL');
    await pod.startContainer('nutcracker');
  },
} satisfies Record<string, (move: LabMove) => Promise<void>>;

export type Victim = keyof typeof VICTIMS;

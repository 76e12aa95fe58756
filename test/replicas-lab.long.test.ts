// Faults of every part of a fleet with replicas, under load: what its clients saw must be possible, apart from the last writes
// before the death of a master.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe as inWords, type Operation } from './lab/history';
import { Lab, until } from './lab/lab';
import { type Load } from './lab/load';
import { type LabPod } from './lab/pod';
import { LabReplicas } from './lab/replicas';

let lab: Lab;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  load = undefined;
});
afterEach(async () => {
  await load?.end();
  await lab.close();
});

/** Milliseconds of acknowledged writes before the death of a master that may not have reached its replica. */
const LOST_MS = 500;

interface Fault {
  /** What happens to shard 0, whose master is server a; when it returns, everything runs again. */
  readonly happens: (fleet: LabReplicas) => Promise<void>;
  /** Whether acknowledged writes may be lost: only those of the last moment before a master died. */
  readonly mayLose?: boolean;
  /** The master of shard 0 afterwards, if that is certain. */
  readonly master?: 'a' | 'b';
}

const SENTINELS = [0, 1, 2];

/** Longer than down-after-milliseconds, so that Sentinel replaces what is stopped. */
const STALL_MS = 10_000;

async function stall(...pods: [LabPod, string][]): Promise<void> {
  for (const [pod, name] of pods) pod.program(name).child.kill('SIGSTOP');
  // A stall has a length, which is no wait for a condition.
  await sleep(STALL_MS);
  for (const [pod, name] of pods) pod.program(name).child.kill('SIGCONT');
}

async function killSentinel(fleet: LabReplicas, n: number): Promise<void> {
  await Promise.all(['sentinel', 'monitor'].map((name) => fleet.sentinel(n).program(name).stop('SIGKILL')));
}

const emptied = (directory: string): void => {
  for (const file of fs.readdirSync(directory)) fs.rmSync(path.join(directory, file), { recursive: true });
};

const FAULTS: Record<string, Fault> = {
  'a planned stop of each server of a shard in turn': {
    happens: async (fleet) => {
      for (const server of ['a', 'b'] as const) {
        expect(await fleet.masterOf(0)).toBe(server);
        await fleet.server(0, server).stop();
        await fleet.startServer(0, server);
        await fleet.untilReplicated([0]);
      }
    },
    master: 'a',
  },
  'a master that stalls for ten seconds': {
    happens: async (fleet) => {
      await stall([fleet.server(0, 'a'), 'redis']);
      await until('b is the master', async () => (await fleet.masterOf(0)) === 'b');
    },
    master: 'b',
  },
  'a replica that stalls for ten seconds': {
    happens: (fleet) => stall([fleet.server(0, 'b'), 'redis']),
    master: 'a',
  },
  'a master that is killed': {
    happens: async (fleet) => {
      await fleet.kill(0, 'a');
      await until('b is the master', async () => (await fleet.masterOf(0)) === 'b');
    },
    mayLose: true,
    master: 'b',
  },
  'a replica that is killed': { happens: (fleet) => fleet.kill(0, 'b'), master: 'a' },
  'a master that is killed and loses its disk': {
    happens: async (fleet) => {
      const pod = fleet.server(0, 'a');
      await pod.program('redis').stop('SIGKILL');
      emptied(pod.directory('/data'));
      await pod.startContainer('redis');
      await until('b is the master', async () => (await fleet.masterOf(0)) === 'b');
    },
    mayLose: true,
    master: 'b',
  },
  'a replica that is killed and loses its disk': {
    happens: async (fleet) => {
      const pod = fleet.server(0, 'b');
      await pod.program('redis').stop('SIGKILL');
      emptied(pod.directory('/data'));
      await pod.startContainer('redis');
    },
    master: 'a',
  },
  'both servers killed at the same time': {
    happens: async (fleet) => {
      await Promise.all([fleet.kill(0, 'a'), fleet.kill(0, 'b')]);
    },
    mayLose: true,
  },
  'a Sentinel that is killed': {
    happens: async (fleet) => {
      await killSentinel(fleet, 0);
      await fleet.startSentinel(0);
    },
    master: 'a',
  },
  'all Sentinels killed, which lose their disks': {
    happens: async (fleet) => {
      await Promise.all(SENTINELS.map((n) => killSentinel(fleet, n)));
      for (const n of SENTINELS) emptied(fleet.sentinel(n).directory('/data'));
      await Promise.all(SENTINELS.map((n) => fleet.startSentinel(n)));
    },
    master: 'a',
  },
  'all Sentinels stalled for ten seconds': {
    happens: (fleet) => stall(...SENTINELS.map((n): [LabPod, string] => [fleet.sentinel(n), 'sentinel'])),
    master: 'a',
  },
  'a bridge that is killed': {
    happens: async ({ proxies: [{ pod }] }) => {
      await pod.program('bridge').stop('SIGKILL');
      await pod.startContainer('bridge');
    },
    master: 'a',
  },
  'a node with a master, a Sentinel and a proxy that are killed': {
    happens: async (fleet) => {
      const [{ pod: proxy }] = fleet.proxies;
      await Promise.all([
        fleet.server(0, 'a').program('redis').stop('SIGKILL'),
        killSentinel(fleet, 0),
        ...['bridge', 'nutcracker'].map((name) => proxy.program(name).stop('SIGKILL')),
      ]);
      await until('b is the master', async () => (await fleet.masterOf(0)) === 'b');
      await fleet.server(0, 'a').startContainer('redis');
      await fleet.startSentinel(0);
      for (const name of ['bridge', 'nutcracker']) await proxy.startContainer(name);
    },
    mayLose: true,
    master: 'b',
  },
  'a rollout of both StatefulSets at the same time': {
    happens: async (fleet) => {
      const restart = async (server: 'a' | 'b'): Promise<void> => {
        await fleet.server(0, server).stop();
        await fleet.startServer(0, server);
      };
      await Promise.all([restart('a'), restart('b')]);
    },
    master: 'b',
  },
  'a hand-over whose replica is killed': {
    happens: async (fleet) => {
      const stopping = fleet.server(0, 'a').stop();
      await fleet.kill(0, 'b');
      await stopping;
      await fleet.startServer(0, 'a');
    },
    mayLose: true,
  },
};

test.each(Object.entries(FAULTS))('%s', async (_, { happens, mayLose = false, master }) => {
  const fleet = await LabReplicas.start(lab, { servers: 2, proxyCount: 2 });
  load = await fleet.load({ clients: 8 });
  const start = performance.now();
  await happens(fleet);
  await fleet.untilReplicated();
  if (master !== undefined) expect(await fleet.masterOf(0)).toBe(master);
  expect(await fleet.masterOf(1)).toBe('a');
  await load.stop();
  // The new master serves after down-after-milliseconds at the earliest.
  const mayBeUndone = ({ end }: Operation): boolean => mayLose && end > start - LOST_MS && end < start + 1000;
  expect(load.history.forgiving(mayBeUndone).violations().map(inWords)).toEqual([]);
  expect(load.acknowledgedWrites).toBeGreaterThan(0);
});

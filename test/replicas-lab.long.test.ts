// Planned stops, a rollout, and the loss of both servers of a shard, under load: what its clients saw must be possible, apart from the
// last writes before both servers died. The faults of one part are in test/matrix/.

import { describe as inWords, type Operation } from './lab/history';
import { Lab } from './lab/lab';
import { type Load } from './lab/load';
import { LabReplicas } from './lab/replicas';

let lab: Lab;
let fleet: LabReplicas;
let load: Load | undefined;
beforeAll(async () => {
  lab = new Lab();
  fleet = await LabReplicas.start(lab, { servers: 2, proxyCount: 2 });
});
afterEach(() => load?.end());
afterAll(() => lab.close());

/** Milliseconds of acknowledged writes before the death of both servers that may not be on their disks. */
const LOST_MS = 500;

interface Event {
  /** What happens to shard 0, whose master is server a. */
  readonly happens: () => Promise<void>;
  /** Whether acknowledged writes may be lost. */
  readonly mayLose?: boolean;
  /** The master of shard 0 afterwards, if that is certain. */
  readonly master?: 'a' | 'b';
}

const EVENTS: Record<string, Event> = {
  'a planned stop of each server of a shard in turn': {
    happens: async () => {
      for (const server of ['a', 'b'] as const) {
        expect(await fleet.masterOf(0)).toBe(server);
        await fleet.server(0, server).stop();
        await fleet.startServer(0, server);
        await fleet.untilReplicated([0]);
      }
    },
    master: 'a',
  },
  'a rollout of both StatefulSets at the same time': {
    happens: async () => {
      const restart = async (server: 'a' | 'b'): Promise<void> => {
        await fleet.server(0, server).stop();
        await fleet.startServer(0, server);
      };
      await Promise.all([restart('a'), restart('b')]);
    },
    master: 'b',
  },
  'both servers killed at the same time': {
    happens: async () => {
      await Promise.all([fleet.kill(0, 'a'), fleet.kill(0, 'b')]);
    },
    mayLose: true,
  },
};

test.each(Object.entries(EVENTS))('%s', async (_, { happens, mayLose = false, master }) => {
  const running = await fleet.load({ clients: 8 });
  load = running;
  const start = performance.now();
  await happens();
  await fleet.untilReplicated();
  if (master !== undefined) expect(await fleet.masterOf(0)).toBe(master);
  expect(await fleet.masterOf(1)).toBe('a');
  await running.stop();
  // A server that was killed waits at its start. This process may learn late of a reply.
  const mayBeUndone = (it: Operation): boolean => mayLose && it.end > start - LOST_MS && it.start < start + 1000;
  expect(running.history.forgiving(mayBeUndone).violations().map(inWords)).toEqual([]);
  expect(running.acknowledgedWrites).toBeGreaterThan(0);
});

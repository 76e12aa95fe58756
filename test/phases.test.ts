// Changing the phase with `kubectl apply` must not change an immutable field.

import { Duration, Size } from 'cdk8s';
import { type FleetChartsProps, MigrationPhase, type PhasedMigration, ShardStorage, TlsPhase } from '../lib';
import { fleet } from './lab/fleet-charts';
import { type Manifest, manifests } from './lab/synth';

/** The immutable fields of each kind, as far as the constructs write them. */
const IMMUTABLE: Record<string, (object: Manifest) => unknown> = {
  StatefulSet: ({ spec: { selector, serviceName, volumeClaimTemplates, podManagementPolicy } }) => ({
    selector,
    serviceName,
    volumeClaimTemplates,
    podManagementPolicy,
  }),
  Deployment: ({ spec }) => spec.selector,
  Job: ({ spec: { template, selector, completions, completionMode, podFailurePolicy } }) => ({
    template,
    selector,
    completions,
    completionMode,
    podFailurePolicy,
  }),
  ConfigMap: ({ immutable, data }) => (immutable ? { immutable, data } : undefined),
  Service: ({ spec: { clusterIP, type } }) => ({ clusterIP, type }),
  PersistentVolume: ({ spec: { capacity: _, ...source } }) => source,
  PersistentVolumeClaim: ({ spec }) => spec,
  PodDisruptionBudget: () => undefined,
  NetworkPolicy: () => undefined,
  Namespace: () => undefined,
};

function objectsOf(props: Partial<FleetChartsProps>): Map<string, Manifest> {
  const { app } = fleet({ namespace: 'unit-1', ...props });
  return new Map(
    manifests(app).map((object) => [`${object.kind as string} ${object.metadata.name as string}`, object]),
  );
}

function inPhase(phase: MigrationPhase, props: Partial<PhasedMigration> = {}): Partial<FleetChartsProps> {
  return { migration: { phase, proxyNetworks: ['10.0.0.0/8'], ...props } };
}

const { MOVING, MOVED } = MigrationPhase;
const tls = (phase: TlsPhase): Partial<FleetChartsProps> => ({ tls: { phase, secretName: 'shards' } });
const { OFFERED, USED, REQUIRED } = TlsPhase;
const STEPS: [string, Partial<FleetChartsProps>, Partial<FleetChartsProps>][] = [
  ['no TLS to offered', {}, tls(OFFERED)],
  ['TLS offered to used', tls(OFFERED), tls(USED)],
  ['TLS used to required', tls(USED), tls(REQUIRED)],
  ['TLS required back to used', tls(REQUIRED), tls(USED)],
  ['moving to moved', inPhase(MOVING), inPhase(MOVED)],
  ['moved back to moving', inPhase(MOVED), inPhase(MOVING)],
  ['moved to no migration', inPhase(MOVED), {}],
  ['another concurrency', inPhase(MOVING), inPhase(MOVING, { cutoverConcurrency: 1 })],
  ['another image', inPhase(MOVING), inPhase(MOVING, { image: 'node:22.0.0' })],
  ['more memory', inPhase(MOVING), inPhase(MOVING, { memory: Size.mebibytes(512) })],
  ['another argument', inPhase(MOVING), inPhase(MOVING, { stepArguments: { cutover: ['--canary'] } })],
  ['another bridge', inPhase(MOVING), inPhase(MOVING, { bridge: { checkInterval: Duration.millis(50) } })],
  ['another password', inPhase(MOVING), { ...inPhase(MOVING), password: { name: 'other' } }],
];

test.each(STEPS)('%s changes no immutable field', (_step, before, after) => {
  for (const storage of [{}, { storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(1) }) }]) {
    const [old, fresh] = [objectsOf({ ...before, ...storage }), objectsOf({ ...after, ...storage })];
    for (const [name, object] of fresh) {
      const immutable = IMMUTABLE[object.kind as string];
      const earlier = old.get(name);
      if (earlier) expect([name, immutable(object)]).toEqual([name, immutable(earlier)]);
    }
  }
});

test('the shards and their configuration are the same in both phases', () => {
  const [moving, moved] = [objectsOf(inPhase(MOVING)), objectsOf(inPhase(MOVED))];
  const shards = [...moving].filter(([, { metadata }]) => metadata.labels['app.kubernetes.io/name'] === 'redis');
  expect(shards.length).toBeGreaterThan(5);
  for (const [name, object] of shards) {
    // The policy allows the Jobs only in the phase MOVING.
    if (object.kind !== 'NetworkPolicy') expect([name, moved.get(name)]).toEqual([name, object]);
  }
});

test('a fleet in the phase MOVED has no bridge, and no object of the migration', () => {
  const moved = objectsOf(inPhase(MOVED));
  expect([...moved.keys()].filter((name) => /move|bridge/.test(name))).toEqual([]);
  expect(JSON.stringify([...moved.values()])).not.toContain('127.0.0.1:10000');
});

test('a Job with different content has a different name', () => {
  const names = (props: Partial<PhasedMigration>): string[] =>
    [...objectsOf(inPhase(MOVING, props)).keys()].filter((name) => name.startsWith('Job'));
  const before = names({});
  expect(names({ cutoverConcurrency: 1 }).filter((name) => before.includes(name))).toEqual([]);
  expect(names({ stepArguments: { cutover: ['--canary'] } }).filter((name) => before.includes(name))).toHaveLength(5);
});

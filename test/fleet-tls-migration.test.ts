// What TLS of the old servers changes in the manifests of a migration, and what the synth refuses.

import { JsonPatch } from 'cdk8s';
import { type FleetCharts, type FleetChartsProps, MigrationPhase, type NutcrackerPool, TlsPhase } from '../lib';
import { type MovePlan } from '../lib/migration/plan';
import { problemsOf } from '../migrator/plan-file';
import { fleet, LIVE } from './lab/fleet-charts';
import { problemsOf as schemaProblems } from './lab/kubernetes-schema';
import { type Manifest, manifests, validationErrors } from './lab/synth';

const OLD_TLS = { caSecretName: 'old-ca', clientSecretName: 'old-client', serverName: 'redis.old.example' };

/** The servers at IP addresses, as behind a tunnel. */
const BY_IP = LIVE.movedTo(LIVE.servers.map((_, n) => `10.0.0.5:${6379 + n}`));

const at = (port: number): NutcrackerPool => LIVE.movedTo(LIVE.servers.map((_, n) => `redis-${n}:${port}`));

const REPLICAS: Partial<FleetChartsProps> = { redis: { replicas: 1 } };

type Migration = Partial<NonNullable<FleetChartsProps['migration']>>;

function moving(phase: TlsPhase | undefined, migration: Migration = { oldTls: OLD_TLS }): Partial<FleetChartsProps> {
  return {
    ...(phase !== undefined && { tls: { phase, secretName: 'shards' } }),
    migration: { phase: MigrationPhase.MOVING, proxyNetworks: ['10.0.0.0/8'], ...migration },
  };
}

const jsonOf = (it?: { toJson(): unknown }): Manifest => it?.toJson() as Manifest;
const cfgOf = ({ proxies }: FleetCharts): string => jsonOf(proxies.bridgeConfigMap).data['haproxy.cfg'] as string;
const planOf = ({ migration }: FleetCharts): MovePlan =>
  JSON.parse(jsonOf(migration?.planConfigMap).data['plan.json'] as string) as MovePlan;
const confOf = ({ redis }: FleetCharts): string => jsonOf(redis.configMap).data['redis.conf'] as string;

const OLD_SIDE =
  'ssl verify required ca-file /run/tls/ca-of-old/ca.crt crt /run/tls/old/tls.crt sni str(redis.old.example) verifyhost redis.old.example check-ssl check-sni redis.old.example';
const NEW_SIDE =
  'ssl verify required ca-file /run/tls/ca/ca.crt sni str(unit-1-shard-0) verifyhost unit-1-shard-0 check-ssl check-sni unit-1-shard-0';

test.each([
  [TlsPhase.OFFERED, 'unit-1-shard-0:6379', ''],
  [TlsPhase.USED, 'unit-1-shard-0:6389', `${NEW_SIDE} `],
  [TlsPhase.REQUIRED, 'unit-1-shard-0:6389', `${NEW_SIDE} `],
])('in the phase %s, everything connects to both sides as the plan says', (phase, address, newSide) => {
  const { app, charts } = fleet(moving(phase));
  expect(validationErrors(app)).toEqual([]);
  expect(manifests(app).flatMap(schemaProblems)).toEqual([]);
  const plan = planOf(charts);
  expect(problemsOf(plan as unknown as Record<string, unknown>)).toEqual([]);
  expect(plan.tls).toEqual({ new: newSide !== '', old: true, oldName: 'redis.old.example' });
  expect(plan.shards[0].new).toBe(address);
  const cfg = cfgOf(charts);
  expect(cfg).toContain(`  server new ${address} ${newSide}on-marked-up shutdown-backup-sessions\n`);
  expect(cfg).toContain(`  server old redis-a:6379 ${OLD_SIDE} backup\n`);
  expect(cfg).not.toMatch(/^ *tcp-check connect/m);
  const [container] = jsonOf(charts.migration?.jobs.sync).spec.template.spec.containers as Manifest[];
  const command = (container.command as string[]).join(' ');
  expect(command.includes('--tls-ca /run/tls/ca/ca.crt')).toBe(newSide !== '');
  expect(command).toContain(
    '--old-tls-ca /run/tls/ca-of-old/ca.crt --old-tls-cert /run/tls/old/tls.crt --old-tls-key /run/tls/old/tls.key',
  );
  expect(confOf(charts)).toContain(
    'tls-ca-cert-file /data/.tls-ca.crt\ntls-client-cert-file /run/tls/old/tls.crt\ntls-client-key-file /run/tls/old/tls.key\n',
  );
});

test.each([
  [TlsPhase.OFFERED, 'unit-1-shard-0:6379', undefined],
  [TlsPhase.USED, 'unit-1-shard-0:6389', 'unit-1-shard-0:6379'],
  [TlsPhase.REQUIRED, 'unit-1-shard-0:6389', undefined],
])('in the phase %s, old servers without TLS are connected to without it', (phase, address, newForOld) => {
  const keepLegacyInSync = phase !== TlsPhase.REQUIRED;
  const { app, charts } = fleet(moving(phase, { keepLegacyInSync }));
  expect(validationErrors(app)).toEqual([]);
  const plan = planOf(charts);
  expect(problemsOf(plan as unknown as Record<string, unknown>)).toEqual([]);
  expect(plan.tls).toEqual({ new: phase !== TlsPhase.OFFERED, old: false });
  expect([plan.shards[0].new, plan.shards[0].newForOld]).toEqual([address, newForOld]);
  expect(cfgOf(charts)).toContain('  server old redis-a:6379 backup\n');
  expect(cfgOf(charts).includes(`  server new ${address} ${NEW_SIDE} `)).toBe(phase !== TlsPhase.OFFERED);
  const [container] = jsonOf(charts.migration?.jobs.sync).spec.template.spec.containers as Manifest[];
  expect((container.command as string[]).join(' ')).not.toContain('--old-tls');
});

test.each([
  [TlsPhase.OFFERED, OLD_TLS],
  [TlsPhase.REQUIRED, OLD_TLS],
  [TlsPhase.USED, undefined],
])('with replicas in the phase %s, both servers trust whom they follow', (phase, oldTls) => {
  const { app, charts } = fleet({ ...moving(phase, { oldTls }), ...REPLICAS });
  expect(validationErrors(app)).toEqual([]);
  expect(manifests(app).flatMap(schemaProblems)).toEqual([]);
  const { configMap, replicaConfigMap } = charts.redis;
  for (const it of [configMap, replicaConfigMap].map((map) => jsonOf(map).data['redis.conf'] as string)) {
    expect(it.includes('tls-ca-cert-file /data/.tls-ca.crt\ntls-client-cert-file')).toBe(oldTls !== undefined);
    expect(it).not.toContain('tls-replication');
  }
});

test.each([{}, REPLICAS])('the shards are the same in both phases of the migration: %j', (props) => {
  const shards = [MigrationPhase.MOVING, MigrationPhase.MOVED].map((phase) => {
    const { redis } = fleet({ ...moving(TlsPhase.USED, { phase, oldTls: OLD_TLS }), ...props }).charts;
    return [jsonOf(redis.statefulSet), redis.replicaStatefulSet && jsonOf(redis.replicaStatefulSet)];
  });
  expect(shards[1]).toEqual(shards[0]);
});

test('after a move from old servers without TLS, it is turned on in phases', () => {
  for (const phase of [TlsPhase.OFFERED, TlsPhase.USED, TlsPhase.REQUIRED]) {
    const { app, charts } = fleet(moving(phase, { phase: MigrationPhase.MOVED }));
    expect(validationErrors(app)).toEqual([]);
    expect(charts.proxies.bridgeConfigMap !== undefined).toBe(phase !== TlsPhase.OFFERED);
  }
});

test('with a user of the old servers, its checks are by TLS as well', () => {
  const oldUser = { name: 'mover', password: { name: 'mover' } };
  const { app, charts } = fleet(moving(TlsPhase.OFFERED, { oldTls: OLD_TLS, oldUser }));
  expect(validationErrors(app)).toEqual([]);
  expect(cfgOf(charts)).toContain(`backend old-0\n  server old redis-a:6379 ${OLD_SIDE}\n`);
});

test.each<[Partial<FleetChartsProps>, string]>([
  [
    moving(TlsPhase.REQUIRED, { keepLegacyInSync: true }),
    'keepLegacyInSync is set, but the old servers have no TLS (oldTls), and shards in the phase REQUIRED no port without TLS',
  ],
  [
    { ...moving(TlsPhase.REQUIRED, { oldTls: OLD_TLS, keepLegacyInSync: true }), ...REPLICAS, pool: at(6380) },
    'the old server redis-0:6380 follows its shard (keepLegacyInSync), and has the port of the second servers',
  ],
  [
    { ...moving(TlsPhase.OFFERED, { keepLegacyInSync: true }), ...REPLICAS, pool: at(6390) },
    'the old server redis-0:6390 follows its shard (keepLegacyInSync), and has the port of the second servers',
  ],
  [
    moving(undefined),
    'oldTls is set without tls, but a Redis server connects by TLS only with a certificate of its own',
  ],
  [moving(TlsPhase.USED, { oldTls: { caSecretName: 'a b' } }), 'oldTls.caSecretName is "a b"'],
  [moving(TlsPhase.USED, { oldTls: { ...OLD_TLS, serverName: '*.old' } }), 'oldTls.serverName is "*.old"'],
  [
    { ...moving(TlsPhase.USED, { oldTls: { caSecretName: 'old-ca' } }), pool: BY_IP },
    'the old server of shard 0 is 10.0.0.5:6379, and HAProxy verifies no IP address; set oldTls.serverName',
  ],
])('the synth refuses %#', (props, problem) => {
  expect(() => fleet(props)).toThrow(problem);
});

test.each<[string, (cfg: string) => string, string]>([
  [
    'an old server without TLS',
    (it) => it.replace(` ${OLD_SIDE}`, ''),
    `must have a server old with ${OLD_SIDE}, and no others about TLS`,
  ],
  [
    'that nobody verifies',
    (it) => it.replace(/(server old .*) verify required/, '$1 verify none'),
    'must have a server old with',
  ],
  ['whose name nobody verifies', (it) => it.replace(/(server old .*)$/m, '$1 no-verifyhost'), 'no others about TLS'],
  [
    'a shard with TLS',
    (it) => it.replace(/(server new \S+)/, `$1 ${NEW_SIDE}`),
    'must have a server new with no settings of TLS',
  ],
  [
    'a check without TLS',
    (it) => it.replace('  option tcp-check\n', '  option tcp-check\n  tcp-check connect\n'),
    'no check may have a connection of its own',
  ],
])('a patch of the bridge is refused that makes %s', (_what, change, problem) => {
  const { app, charts } = fleet(moving(TlsPhase.OFFERED));
  const cfg = cfgOf(charts);
  expect(change(cfg)).not.toBe(cfg);
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', change(cfg)));
  expect(validationErrors(app).join('\n')).toContain(problem);
});

test.each(['new', 'old'])('a state file that turns TLS of the %s server off is refused', (side) => {
  const { app, charts } = fleet(moving(TlsPhase.USED));
  const states = jsonOf(charts.proxies.bridgeConfigMap).data['stopped-servers'] as string;
  const plain = states.replace(new RegExp(`(shard-0 \\d ${side} .*) 1 0 - - 0$`, 'm'), '$1 0 0 - - 0');
  expect(plain).not.toBe(states);
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/stopped-servers', plain));
  expect(validationErrors(app).join('\n')).toContain(`must turn TLS of its server ${side} on`);
});

test('a MigrationBridge without TLS is refused if the fleet has TLS', () => {
  const { app, charts } = fleet(moving(TlsPhase.USED));
  const plain = fleet(moving(undefined, {})).charts;
  const data = jsonOf(plain.proxies.bridgeConfigMap).data as Record<string, string>;
  charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace('/data/haproxy.cfg', data['haproxy.cfg']));
  expect(validationErrors(app)).not.toEqual([]);
});

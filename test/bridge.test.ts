// The synthesized bridge: its checks, and the proof that it routes each key to its data.

import { Duration, JsonPatch, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import { type BridgeOptions, MigrationPhase, NutcrackerServer, type PhasedMigration } from '../lib';
import { checkTiming } from '../lib/twemproxy/migration-bridge-config';
import { bridgeContainer } from '../lib/twemproxy/bridge-pod';
import { MigrationBridge } from '../lib';
import { changed, fleet, LIVE } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { type Manifest, manifests, theOnly, validationErrors } from './lab/synth';

type Fleet = ReturnType<typeof fleet>;

function moving(bridge?: BridgeOptions, props: Parameters<typeof fleet>[0] = {}): Fleet {
  const migration: PhasedMigration = { phase: MigrationPhase.MOVING, bridge };
  return fleet({ namespace: 'unit-1', migration, ...props });
}

function fileOf({ charts }: Fleet, name: string): string {
  return (charts.proxies.bridgeConfigMap?.toJson() as Manifest).data[name] as string;
}

function podOf({ app }: Fleet): Manifest {
  return theOnly(app, 'Deployment').spec.template.spec as Manifest;
}

/** The problems caused by a patch of a file of the bridge. */
function patched(change: (text: string) => string, name = 'haproxy.cfg'): string[] {
  const it = moving();
  it.charts.proxies.bridgeConfigMap?.addJsonPatch(JsonPatch.replace(`/data/${name}`, change(fileOf(it, name))));
  return validationErrors(it.app).filter((error) => !error.startsWith('a patch changed'));
}

function swap(a: string, b: string): (text: string) => string {
  return (text) => text.replaceAll(a, '\0').replaceAll(b, a).replaceAll('\0', b);
}

describe('the bridge', () => {
  test('has this configuration', () => {
    expect(fileOf(moving(), 'haproxy.cfg')).toMatchSnapshot();
    expect(fileOf(moving(), 'stopped-servers')).toMatchSnapshot();
  });

  test('starts before nutcracker and stops after it, within the grace period', () => {
    const pod = podOf(
      moving(undefined, { proxies: { image: 'twemproxy:0.5.0', shutdownDelay: Duration.seconds(20) } }),
    );
    const [bridge, nutcracker] = pod.containers as Manifest[];
    expect(bridge.name).toBe('bridge');
    expect(bridge.lifecycle.postStart.exec.command).toEqual(['sh', '/etc/bridge/bridge-wait.sh']);
    expect(bridge.lifecycle.preStop.exec.command).toEqual(['sleep', '25']);
    expect(nutcracker.lifecycle.preStop.exec.command).toEqual(['sleep', '20']);
    expect(pod.terminationGracePeriodSeconds).toBe(40);
  });

  test('leaves kubectl exec and logs to nutcracker, and the annotations to the user', () => {
    const annotations = ({ app }: Fleet): unknown => theOnly(app, 'Deployment').spec.template.metadata.annotations;
    const proxies = { image: 'twemproxy:0.5.0', podAnnotations: { note: 'yes' } };
    const byDefault = { 'kubectl.kubernetes.io/default-container': 'nutcracker' };
    expect(annotations(moving())).toEqual(byDefault);
    expect(annotations(moving(undefined, { proxies }))).toEqual({ ...byDefault, note: 'yes' });
    expect(annotations(fleet({ proxies }))).toEqual({ note: 'yes' });
  });

  test('resolves names with a trailing dot periodically; libc, with search lists and host aliases, resolves all others', () => {
    const names = [
      'redis-01',
      'redis-01.rack7',
      'redis-01.rack7.example.net',
      'redis-01.rack7.example.net.',
      '10.0.0.7',
    ];
    const servers = names.map((host) => new NutcrackerServer({ address: `${host}:6379` }));
    const lines = fileOf(moving(undefined, { pool: changed({ servers }) }), 'haproxy.cfg').split('\n');
    const again = (server: string): boolean[] =>
      lines.filter((line) => line.startsWith(`  server ${server} `)).map((line) => line.includes(' resolvers '));
    expect(again('old')).toEqual([false, false, false, true, false]);
    expect(again('new')).toEqual([true, true, true, true, true]);
  });

  test('is in the server lines of nutcracker, with the old ring names', () => {
    const { charts } = moving();
    const { data } = charts.proxies.configMap.toJson() as Manifest;
    expect(data['nutcracker.yml']).toContain('- 127.0.0.1:10000:1 redis-a:6379\n');
    expect(data['nutcracker.yml']).toContain('- 127.0.0.1:10003:1 named\n');
  });

  test('takes the password from the Secret, and sends no AUTH if there is none', () => {
    expect(podOf(moving()).containers[0].env).toContainEqual({
      name: 'REDIS_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'unit-1-redis', key: 'password' } },
    });
    const open = moving(undefined, { pool: changed({ redisAuth: undefined }) });
    expect(fileOf(open, 'haproxy.cfg')).not.toContain('AUTH');
    expect(JSON.stringify(podOf(open))).not.toContain('REDIS_PASSWORD');
  });

  test('tolerates a stall of 300 ms at every interval, and reacts within half a second', () => {
    for (const millis of [20, 50, 100, 200, 500]) {
      const { inter, fastinter, fall } = checkTiming(
        new MigrationBridge([], { checkInterval: Duration.millis(millis) }),
      );
      expect(fall * (inter + fastinter)).toBeGreaterThan(400);
      expect(fastinter * (fall - 1)).toBeLessThan(500);
    }
  });

  test('requests resources for its shards and its check interval', () => {
    const of = (shards: number, millis = 100): unknown => {
      const shard = { newAddress: 'new:1', oldAddress: 'old:1' };
      const bridge = new MigrationBridge(Array<typeof shard>(shards).fill(shard), {
        checkInterval: Duration.millis(millis),
      });
      const { requests } = bridgeContainer(bridge, 1).resources ?? {};
      return [requests?.cpu.value, requests?.memory.value];
    };
    expect([of(4), of(108), of(108, 20), of(1000)]).toEqual([
      ['360m', '64Mi'],
      ['500m', '128Mi'],
      ['910m', '128Mi'],
      ['1700m', '664Mi'],
    ]);
  });

  test('uses every prop, in objects that are valid in Kubernetes 1.27', () => {
    const every: Required<BridgeOptions> = {
      image: 'registry.example.net/haproxy:3.0.1',
      checkInterval: Duration.millis(50),
      firstPort: 20_000,
      healthPort: 8500,
      metrics: true,
      memory: Size.mebibytes(256),
      cpu: Cpu.millis(250),
      cpuLimit: Cpu.units(1),
      imagePullPolicy: 'Always',
    };
    const it = moving(every);
    expect(manifests(it.app).flatMap(problemsOf)).toEqual([]);
    expect(validationErrors(it.app)).toEqual([]);
    expect(podOf(it).containers[0]).toMatchSnapshot();
    expect(fileOf(it, 'haproxy.cfg')).toContain('inter 50ms fastinter 10ms');
    expect(fileOf(it, 'haproxy.cfg')).toContain('bind 127.0.0.1:20003\n');
    expect(fileOf(it, 'haproxy.cfg')).toContain(
      '  http-request use-service prometheus-exporter if { path /metrics }\n',
    );
  });
});

describe('the proof of the ring includes the bridge', () => {
  test('and passes for the synthesized files', () => {
    expect(validationErrors(moving().app)).toEqual([]);
    const servers = [2, 0, 3, 1].map((i) => LIVE.servers[i]);
    expect(validationErrors(moving(undefined, { newPool: changed({ servers }) }).app)).toEqual([]);
  });

  test('and finds two shards whose new servers are swapped', () => {
    expect(patched(swap('unit-1-shard-0.', 'unit-1-shard-1.'))).toEqual([
      expect.stringMatching(
        /^haproxy.cfg of ConfigMap \S+:\d+: shard-0 routes to unit-1-shard-1\S+:6379 and redis-a:6379; the data of redis-a:6379 is at unit-1-shard-0\S+:6379 and redis-a:6379$/,
      ),
      expect.stringContaining('shard-1 routes to unit-1-shard-0.'),
    ]);
  });

  test('and finds two shards whose old servers are swapped', () => {
    expect(patched(swap('redis-b:6379', 'redis-a:6379'))).toEqual([
      expect.stringContaining('shard-0 routes to'),
      expect.stringContaining('shard-2 routes to'),
    ]);
  });

  test('and finds listeners that are swapped, missing, or share a port', () => {
    expect(patched(swap('bind 127.0.0.1:10000', 'bind 127.0.0.1:10001'))).toHaveLength(2);
    expect(patched((text) => text.replace('bind 127.0.0.1:10000', 'bind 127.0.0.1:10009'))).toEqual([
      expect.stringContaining('127.0.0.1:10000:1 redis-a:6379: the bridge does not listen there'),
    ]);
    expect(patched((text) => text.replace('bind 127.0.0.1:10000', 'bind 127.0.0.1:10001'))).toEqual([
      expect.stringContaining('listener shard-1 must have one bind line'),
    ]);
  });

  test('and finds an old server that is not a backup', () => {
    expect(patched((text) => text.replace(' backup', ''))).toEqual([
      expect.stringContaining('listener shard-0 must have a server "new" and, as backup, a server "old"'),
    ]);
  });

  test('and allows one service, the metrics of the health endpoint', () => {
    const rule = 'http-request use-service prometheus-exporter';
    const metrics = `${rule} if { path /metrics }`;
    const before = (line: string, service: string) => (text: string) => text.replace(line, `  ${service}\n${line}`);
    expect(patched(before('  stats enable', metrics))).toEqual([]);
    for (const [line, service] of [
      ['  stats enable', rule],
      ['  stats enable', `${metrics} or TRUE`],
      ['  stats enable', metrics.replace('prometheus-exporter', 'lua.answer')],
      ['  bind 127.0.0.1:10000', 'tcp-request content use-service lua.answer'],
      ['  bind 127.0.0.1:10000', metrics],
    ]) {
      expect(patched(before(line, service))).toEqual([
        expect.stringMatching(
          /:\d+: \S+ \S+ has ".*use-service.*"; only frontend health may have: http-request use-service/,
        ),
      ]);
    }
  });

  test('and finds ports that the state file would change', () => {
    expect(
      patched(
        (text) =>
          text.replace(
            'shard-1 2 old - 0 0 1 1 1 1 0 0 6 0 0 0 - 6380',
            'shard-1 2 old - 0 0 1 1 1 1 0 0 6 0 0 0 - 6379',
          ),
        'stopped-servers',
      ),
    ).toEqual([expect.stringContaining('shard-1 routes to')]);
  });
});

const SOCKET = new NutcrackerServer({ address: '/run/redis.sock', name: 'named' });
const SAME_ADDRESS = new NutcrackerServer({ address: 'redis-a:6379', name: 'named' });

test.each<[BridgeOptions, Parameters<typeof fleet>[0], string]>([
  [{ image: 'haproxy' }, {}, 'bridge.image is "haproxy"; add a tag'],
  [
    { checkInterval: Duration.millis(10) },
    {},
    'bridge.checkInterval in milliseconds is 10; use a whole number from 20',
  ],
  [{ imagePullPolicy: 'Sometimes' }, {}, 'bridge.imagePullPolicy is "Sometimes"'],
  [{ firstPort: 80 }, {}, 'bridge.firstPort is 80; use a whole number from 1024'],
  [{ firstPort: 32_765 }, {}, 'the ports of 4 shards are 32765 to 32768; use a firstPort of at most 32764'],
  [{ healthPort: 10_003 }, {}, 'bridge.healthPort is 10003, a port of the shards (10000 to 10003); change one'],
  [{ healthPort: 22_121 }, {}, "port 22121 is used by pool unit1 and by the bridge's health endpoint; change one"],
  [{ firstPort: 22_220 }, {}, 'port 22222 is used by the bridge for shard 2 and by the statistics; change one'],
  [
    {},
    { pool: changed({ servers: [...LIVE.servers.slice(0, 3), SOCKET] }) },
    'the old server of shard 3 is the socket /run/redis.sock, which pods cannot reach; write host:port',
  ],
  [
    {},
    { pool: changed({ servers: [...LIVE.servers.slice(0, 3), SAME_ADDRESS] }) },
    'shards 0 and 3 are both at redis-a:6379; give each its own server',
  ],
])('invalid options of the bridge are refused (%#)', (bridge, props, message) => {
  expect(() => moving(bridge, props)).toThrow(message);
});

// The synthesized failover bridge: its files, its checks, and the proof that it routes each shard to its own servers.

import { execFileSync } from 'node:child_process';
import { App, Chart, Duration } from 'cdk8s';
import { FailoverBridge, type FailoverBridgeProps, TwemproxyLayer } from '../lib';
import { FleetShards } from '../lib/nutcracker/fleet-shards';
import { ringProblems } from '../lib/twemproxy/ring-proof';
import { changed, LIVE } from './lab/fleet-charts';
import { problemsOf } from './lab/kubernetes-schema';
import { Lab } from './lab/lab';
import { type Manifest, manifests, ofKind, theOnly } from './lab/synth';

const DOMAIN = 'unit-1.svc.cluster.local.';

function propsOf(shards: number): FailoverBridgeProps {
  return {
    shards: Array.from({ length: shards }, (_, n) => ({
      a: `unit-1-shard-${n}.${DOMAIN}:6379`,
      b: `unit-1-shard-${n}-b.${DOMAIN}:6380`,
    })),
    sentinels: [0, 1, 2].map((i) => `unit-1-sentinel-${i}.${DOMAIN}:26379`),
    password: { name: 'unit-1-redis' },
  };
}

/** The proxies of the live pool, with a bridge to its shards. */
function layer(
  props: Partial<FailoverBridgeProps> = {},
  shards = LIVE.servers.length,
): { app: App; it: TwemproxyLayer } {
  const app = new App();
  const bridge = new FailoverBridge({ ...propsOf(shards), ...props });
  const { redisAuth: _none, ...settings } = LIVE.settings;
  const pool = changed({ ...settings, redisAuth: undefined });
  const it = new TwemproxyLayer(new Chart(app, 'proxies'), 'proxies', {
    name: 'unit-1',
    image: 'twemproxy:0.5.0',
    bridge,
    pools: [{ pool, addresses: bridge.shards.slice(0, LIVE.servers.length).map(({ a }) => a) }],
  });
  return { app, it };
}

function files({ it }: ReturnType<typeof layer>): Record<'haproxy.cfg' | 'stopped-servers' | 'nutcracker.yml', string> {
  const maps = [it.bridgeConfigMap, it.bridgeStatesConfigMap, it.configMap];
  return Object.assign({}, ...maps.map((map) => (map?.toJson() as Manifest).data));
}

describe('the failover bridge', () => {
  test('has this configuration', () => {
    const bridge = new FailoverBridge(propsOf(1));
    expect(bridge._haproxyConfig('0.0.0.0')).toMatchSnapshot();
    expect(bridge._stoppedServers()).toMatchSnapshot();
  });

  test('is accepted by HAProxy, and fits into its ConfigMaps, with 108 shards', async () => {
    const { 'haproxy.cfg': cfg, 'stopped-servers': stopped } = files(layer({}, 108));
    expect([cfg, stopped].map(({ length }) => length < 200_000)).toEqual([true, true]);
    const lab = new Lab();
    lab.write('stopped-servers', stopped);
    // Without names, which would be resolved.
    const file = lab.write('haproxy.cfg', cfg.replace('/etc/bridge', lab.dir).replace(/unit-1-\S+\.:/g, '127.0.0.1:'));
    expect(execFileSync('haproxy', ['-c', '-f', file], { stdio: ['ignore', 'pipe', 'ignore'] }).toString()).toContain(
      'Configuration file is valid',
    );
    await lab.close();
  });

  test('is a container of the proxies, whose files are in two ConfigMaps', () => {
    const { app, it } = layer();
    const { containers, volumes } = theOnly(app, 'Deployment').spec.template.spec as Manifest;
    expect(containers[0].name).toBe('bridge');
    expect(containers[0].env).toContainEqual({
      name: 'REDIS_PASSWORD',
      valueFrom: { secretKeyRef: { name: 'unit-1-redis', key: 'password' } },
    });
    const names = [it.bridgeConfigMap?.name, it.bridgeStatesConfigMap?.name];
    expect(volumes).toContainEqual({
      name: 'bridge',
      projected: { sources: names.map((name) => ({ configMap: { name } })) },
    });
    expect(ofKind(app, 'ConfigMap').map(({ data }) => Object.keys(data as object))).toContainEqual(['stopped-servers']);
    expect(manifests(app).flatMap(problemsOf)).toEqual([]);
    expect(it.serverAddresses).toHaveLength(2 * LIVE.servers.length + 3);
    expect(files({ app, it })['nutcracker.yml']).toContain('- 127.0.0.1:10000:1 redis-a:6379\n');
  });

  test('logs in to servers and Sentinels only with a password', () => {
    const logins = (props: Partial<FailoverBridgeProps>): number =>
      new FailoverBridge({ ...propsOf(1), ...props })._haproxyConfig('::').split('AUTH').length - 1;
    expect([logins({}), logins({ password: undefined })]).toEqual([5, 0]);
  });

  test('tolerates a stall of 300 ms at every interval', () => {
    for (const millis of [20, 100, 250, 500]) {
      const bridge = new FailoverBridge({ ...propsOf(1), options: { checkInterval: Duration.millis(millis) } });
      const section = /^defaults role [^]*?inter (\d+)ms fastinter (\d+)ms downinter \d+ms rise \d fall (\d+)/m;
      const [inter, fastinter, fall] = (section.exec(bridge._haproxyConfig('::')) ?? []).slice(1).map(Number);
      expect(fall * (inter + fastinter)).toBeGreaterThan(400);
    }
  });
});

test.each<[Partial<FailoverBridgeProps>, string]>([
  [
    { shards: [{ a: 'r0:6379', b: 'r0-b:6379' }] },
    'the servers of shard 0 are r0:6379 and r0-b:6379, but the port tells them apart in the replies of Redis and Sentinel; give b another port',
  ],
  [
    { shards: [...propsOf(1).shards, ...propsOf(1).shards] },
    'server a of shard 0 and server a of shard 1 are both at unit-1-shard-0.unit-1.svc.cluster.local.:6379; give each its own',
  ],
  [{ sentinels: ['s0:1'] }, 'there are 1 sentinels, and most of them must agree, also when one is down; list 3, or 5'],
  [{ sentinels: ['s0:1', 's1:1', 's2:1', 's3:1'] }, 'there are 4 sentinels'],
  [{ sentinels: ['s0:1', 's1:1', 's0:1'] }, 'Sentinel 0 and Sentinel 2 are both at s0:1; give each its own'],
  [{ sentinels: ['s0', 's1:1', 's2:1'] }, 'the address of Sentinel 0 is "s0"; write host:port'],
  [
    { shards: [{ a: '/run/a.sock', b: 'b:1' }] },
    'the address of server a of shard 0 is "/run/a.sock"; write host:port',
  ],
  [
    { options: { healthPort: 10_001 } },
    'bridge.healthPort is 10001, a port of the shards (10000 to 10003); change one',
  ],
])('invalid props of the failover bridge are refused (%#)', (props, message) => {
  expect(() => layer(props)).toThrow(message);
});

describe('the proof of the ring includes the failover bridge', () => {
  const written = files(layer());

  /** The problems with changed files. */
  function problems(change: (text: string) => string, name: keyof typeof written = 'haproxy.cfg'): string[] {
    const text = change(written[name]);
    if (text === written[name] && name !== 'nutcracker.yml') throw new Error('the change has no effect');
    const changedFiles: typeof written = { ...written };
    changedFiles[name] = text;
    const { 'haproxy.cfg': cfg, 'stopped-servers': stopped, 'nutcracker.yml': yaml } = changedFiles;
    const { shards, sentinels } = new FailoverBridge(propsOf(LIVE.servers.length));
    return ringProblems({
      live: [LIVE],
      shards: new FleetShards([LIVE]),
      addresses: shards.map(({ a }) => a),
      yaml,
      fileName: 'nutcracker.yml',
      bridge: { cfg, stopped, cfgName: 'haproxy.cfg' },
      failover: { replicas: shards.map(({ b }) => b), sentinels },
      loseKeysThatMove: false,
      mayEject: false,
    });
  }

  function swap(a: string, b: string): (text: string) => string {
    return (text) => text.replaceAll(a, '\0').replaceAll(b, a).replaceAll('\0', b);
  }

  function replace(from: string | RegExp, to: string): (text: string) => string {
    return (text) => text.replace(from, to);
  }

  test('and passes for the synthesized files', () => {
    expect(problems((text) => text, 'nutcracker.yml')).toEqual([]);
  });

  test('and allows the metrics of the health endpoint', () => {
    const rule = '  http-request use-service prometheus-exporter if { path /metrics }\n  stats enable\n';
    expect(problems(replace('  stats enable\n', rule))).toEqual([]);
  });

  test.each<[string, (text: string) => string, string]>([
    [
      'a service that answers the checks',
      replace(
        'frontend confirmations from base\n',
        'frontend confirmations from base\n  http-request use-service prometheus-exporter if { path /metrics }\n',
      ),
      'frontend confirmations has "http-request use-service prometheus-exporter if { path /metrics }"; only frontend health may have',
    ],
    ['two shards with swapped servers', swap('unit-1-shard-0', 'unit-1-shard-1'), 'shard-0 routes to unit-1-shard-1.'],
    [
      'a server b of another shard',
      swap('unit-1-shard-2-b.', 'unit-1-shard-3-b.'),
      'shard-2 routes to unit-1-shard-2.',
    ],
    ['swapped servers of a shard', swap('unit-1-shard-0.', 'unit-1-shard-0-b.'), 'shard-0 routes to unit-1-shard-0-b.'],
    ['listeners that share a port', replace(':10001\n', ':10000\n'), 'shard-1 must have one bind line'],
    [
      'a server that tracks its partner',
      replace('track shard-0-b/b', 'track shard-0-a/a'),
      'must have a server "a" that',
    ],
    [
      'a server that tracks nothing',
      replace(' track shard-1-a/a', ' check'),
      'listener shard-1 must have a server "a" that',
    ],
    [
      'a role checked at another address',
      replace(/(backend shard-0-a from role\n {2}server a unit-1-shard-)0/, '$11'),
      'backend shard-0-a checks a at unit-1-shard-1.',
    ],
    [
      'a lease checked at another address',
      replace(/(backend shard-0-b-lease from \S+\n {2}server a unit-1-shard-)0/, '$11'),
      'backend shard-0-b-lease checks a at unit-1-shard-1.',
    ],
    [
      'a lease by the port of the partner',
      replace('shard-0-a-lease from lease-6379', 'shard-0-a-lease from lease-6380'),
      'backend shard-0-a-lease takes its settings from lease-6380, which must have: tcp-check expect rstring "role:slave\\r\\nmaster_host:[^\\r]*\\r\\nmaster_port:6379\\r',
    ],
    [
      'a check that does not wait',
      replace('XREAD BLOCK %[be_name,nbsrv,bool,iif(1,250)]', 'XREAD BLOCK 1'),
      'takes its settings from role, which must have: tcp-check send-lf "INFO replication\\r\\nXREAD BLOCK',
    ],
    [
      'a check that waits for a key that the default user may not read during a change of the ring',
      replace('STREAMS cdk8s-twemproxy-wait', 'STREAMS bridge'),
      'which must have: tcp-check send-lf "INFO replication\\r\\nXREAD BLOCK',
    ],
    [
      'votes for the partner',
      replace('shard-0-b-votes from votes-6380', 'shard-0-b-votes from votes-6379'),
      'which must have: tcp-check expect string "\\r\\n\\$4\\r\\n6380\\r\\n"',
    ],
    [
      'a Sentinel twice',
      replace('server s1 unit-1-sentinel-1', 'server s1 unit-1-sentinel-0'),
      'shard-0-a-votes checks s0',
    ],
    ['a Sentinel less', replace(/ {2}server s2 .*\n/, ''), 'backend shard-0-a-votes checks s0 at unit-1-sentinel-0'],
    ['a missing backend', replace(/backend shard-3-b-lease .*\n.*\n/, ''), 'there is no backend shard-3-b-lease'],
    ['one vote that is enough', replace('nbsrv ge 2', 'nbsrv ge 1'), 'frontend confirmations must have'],
    [
      'a confirmation of everything',
      replace('connect addr abns@bridge-8404', 'connect port 8404'),
      'from role, which must',
    ],
    [
      'a check without a role',
      replace('expect string role:master', 'expect string role:'),
      'from role, which must have',
    ],
    [
      'connections that outlive their server',
      replace(' on-marked-down shutdown-sessions', ' weight 1'),
      'from listeners, which',
    ],
  ])('and finds %s', (_what, change, problem) => {
    expect(problems(change)[0]).toContain(problem);
  });

  test.each<[string, (text: string) => string, string]>([
    ['another port', replace(/(shard-0 2 b .*) 6380 /, '$1 6379 '), 'backend shard-0-a-lease checks b at'],
    [
      'another port of a lease',
      replace(/(shard-0-a-lease 1 b .*) 6380 /, '$1 6379 '),
      'backend shard-0-a-lease checks b at',
    ],
    [
      'a Sentinel that is up',
      replace('shard-1-a-votes 2 s1 - 0', 'shard-1-a-votes 2 s1 - 2'),
      'shard-1-a-votes has a server s1 that',
    ],
    [
      'no role',
      replace(/.* shard-3-b 1 b .*\n/, ''),
      'backend shard-3-b has a server b that stopped-servers does not stop',
    ],
    ['no lease', replace(/.* shard-2-b-lease .*\n/, ''), 'backend shard-2-b-lease has a server a that'],
  ])('and finds a state file with %s', (_what, change, problem) => {
    expect(problems(change, 'stopped-servers')[0]).toContain(problem);
  });
});

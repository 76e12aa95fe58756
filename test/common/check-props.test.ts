// Values that the compiler would reject are refused at run time. The cases are derived from the description, for every prop.

import { App, Chart, Size } from 'cdk8s';
import { Cpu } from 'cdk8s-plus-27';
import * as library from '../../lib';
import { description, type TypeWord } from '../../lib/common/description';
import { fleet, LIVE, NFS } from '../lab/fleet-charts';

type Callee = (new (...args: unknown[]) => unknown) & Record<string, (...args: unknown[]) => unknown>;

/** Calls `new Class` or `Class.function` of the library. */
function call(name: string, args: unknown[]): unknown {
  const [owner, method] = name.replace('new ', '').split('.');
  const callee = (library as unknown as Record<string, Callee>)[owner];
  return name.startsWith('new ') ? new callee(...args) : callee[method](...args);
}

const { calls, structs } = description();

/** The calls with props, and the position of these; the base class checks scope and id. */
const withProps = Object.entries(calls).flatMap(([name, parameters = []]) =>
  parameters
    .map(([key, type], place) => ({
      name,
      parameters,
      parameter: key.replace('?', ''),
      type: type.replace('[]', ''),
      place,
      isList: type.startsWith('[]'),
    }))
    .filter(({ type }) => structs[type] !== undefined),
);

/** The arguments of a call with the given props. */
function argumentsWith({ parameters, place, isList }: (typeof withProps)[number], props: unknown): unknown[] {
  const before = parameters.slice(0, place).map(([, type]) => {
    if (type === 'constructs.Construct') return new Chart(new App(), 'chart');
    return type.startsWith('[]') ? [] : 'text';
  });
  return [...before, isList ? [props] : props];
}

/** Every prop of a struct and of nested structs: its path, its type, and a function that sets a value there. */
function* propsOf(
  struct: string,
  seen: string[] = [],
): Generator<[path: string, type: TypeWord, put: (value: unknown) => unknown]> {
  for (const [key, type] of Object.entries(structs[struct] ?? {})) {
    const prop = key.replace('?', '');
    yield [prop, type, (value) => ({ [prop]: value })];
    const [, collection, inner] = /^(\[\]|\{\})?(.*)$/.exec(type) as unknown as [string, string | undefined, string];
    if (structs[inner] === undefined || seen.includes(inner)) continue;
    const at = { '[]': '[0]', '{}': '["it"]' }[collection ?? ''] ?? '';
    const around = (value: unknown): unknown => ({ '[]': [value], '{}': { it: value } })[collection ?? ''] ?? value;
    for (const [path, innerType, put] of propsOf(inner, [...seen, struct])) {
      yield [`${prop}${at}.${path}`, innerType, (value) => ({ [prop]: around(put(value)) })];
    }
  }
}

/** Values that are wrong for the type. */
function wrongFor(type: TypeWord): unknown[] {
  const ofOthers = [null, () => undefined, ...(type.startsWith('k8s.') ? [] : [new Date()])];
  if (type === 'number') return [...ofOthers, '5', NaN, Infinity, []];
  return [...ofOthers, 5, ...(type === 'string' ? [] : ['wrong']), ...(type.startsWith('[]') ? [[undefined]] : [[]])];
}

/** Expects that a call is refused, with a line that starts with the path. */
function expectRefusal(name: string, args: unknown[], path: string): void {
  const start = `(^|: |\n  )${path.replace(/[[\]"().]/g, '\\$&')}`;
  expect(() => call(name, args)).toThrow(new RegExp(start));
}

test.each(withProps)('$name with $type accepts each prop only with the right type, and no unknown prop', (it) => {
  const { name, type: struct, parameter, isList } = it;
  const prefix = parameter === 'props' ? '' : `${parameter}${isList ? '[0]' : ''}.`;
  for (const [path, type, put] of propsOf(struct)) {
    if (type === 'any') continue;
    for (const wrong of wrongFor(type)) {
      if (structs[type] !== undefined && wrong instanceof Date) continue;
      const inList = type.startsWith('[]') && Array.isArray(wrong) ? '[0]' : '';
      expectRefusal(name, argumentsWith(it, put(wrong)), `${prefix}${path}${inList} is `);
    }
    if (structs[type] === undefined) continue;
    const unknown = `${prefix}${path}.unknownProp is not a prop of ${type};`;
    expectRefusal(name, argumentsWith(it, put({ unknownProp: 1 })), unknown);
  }
  expectRefusal(name, argumentsWith(it, { unknownProp: 1 }), `${prefix}unknownProp is not a prop of ${struct};`);
  for (const key of Object.keys(structs[struct] ?? {}).filter((prop) => !prop.endsWith('?'))) {
    expectRefusal(name, argumentsWith(it, {}), `${prefix}${key} is missing;`);
  }
});

const withValues = Object.entries(calls).flatMap(([name, parameters = []]) =>
  parameters.some(([, type]) => type === 'constructs.Construct')
    ? []
    : parameters.map(([key], place) => ({ name, key, place })),
);

test.each(withValues)('$name accepts $key only with the right type', ({ name, key, place }) => {
  const type = calls[name]?.[place][1] ?? '';
  const before = calls[name]?.slice(0, place).map(([, other]) => (other.startsWith('[]') ? [] : 'text')) ?? [];
  const path = key === 'props' || key === 'props?' ? 'props' : key.replace('?', '');
  for (const wrong of wrongFor(type)) {
    if (structs[type] !== undefined && wrong instanceof Date) continue;
    const inList = type.startsWith('[]') && Array.isArray(wrong) ? '[0]' : '';
    expectRefusal(name, [...before, wrong], `${path}${inList} is `);
  }
});

/** The error for props of a caller without a type check, or "accepted". */
function refusal(props: object): string {
  try {
    fleet(props);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
}

const PROXIES = { image: 'twemproxy:0.5.0' };

test.each([
  [{ redis: { memroy: Size.gibibytes(5) } }, 'redis.memroy is not a prop of RedisOptions; did you mean memory?'],
  [
    { memory: Size.gibibytes(5) },
    'memory is not a prop of FleetChartsProps; did you mean proxies.memory or backup.memory or bridge.memory or failover.memory or metrics.memory or migration.memory or passwords.memory or redis.memory or reshard.memory or sentinels.memory?',
  ],
  [{ redis: { memory: '5Gi' } }, 'redis.memory is "5Gi"; write Size.gibibytes(5)'],
  [{ redis: { memory: 5 } }, 'redis.memory is 5; write a Size, such as Size.gibibytes(5)'],
  [{ redis: { cpu: '500m' } }, 'redis.cpu is "500m"; write Cpu.millis(500)'],
  [{ redis: { cpu: 2 } }, 'redis.cpu is 2; write Cpu.units(2)'],
  [
    { redis: { memory: Size.mebibytes(NaN) } },
    'redis.memory is a Size of NaN; write a Size, such as Size.gibibytes(5)',
  ],
  [{ redis: { cpu: Cpu.millis(-5) } }, 'redis.cpu is a Cpu of -5m; write a Cpu, such as Cpu.millis(500)'],
  [{ redis: { startupTimeout: '90s' } }, 'redis.startupTimeout is "90s"; write Duration.seconds(90)'],
  [
    { redis: { startupTimeout: Size.gibibytes(1) } },
    'redis.startupTimeout is a Size; write a Duration, such as Duration.seconds(30)',
  ],
  [{ password: 'hunter2' }, 'password is a string; write an object: { name, key?, secondKey? }'],
  [{ password: { name: 'a', key: 5 } }, 'password.key is 5; write "5"'],
  [
    { storage: undefined },
    'storage is missing; write ShardStorage.claimTemplate(...) or ShardStorage.emptyDir(...) or',
  ],
  [{ storage: {} }, 'storage is an object; write ShardStorage.claimTemplate(...)'],
  [
    { reshard: { phase: 'RESHARDING', pools: ['nutcracker.yml'] } },
    'reshard.pools[0] is "nutcracker.yml"; write new NutcrackerPool(...) or NutcrackerConfig.fromFile(...).pool(...)',
  ],
  [{ proxyClients: ['shop'] }, 'proxyClients[0] is "shop"; write NetworkPeer.anyone(...) or NetworkPeer.cidr(...)'],
  [{ proxyClients: library.NetworkPeer.anyone() }, 'proxyClients is a NetworkPeer; write a list: [...]'],
  [{ migration: { phase: 'MOVNG' } }, 'migration.phase is "MOVNG"; write MigrationPhase.MOVING'],
  [
    { migration: { phase: undefined } },
    'migration.phase is missing; write MigrationPhase.MOVING or MigrationPhase.MOVED',
  ],
  [
    { migration: { phase: 'moved', proxyNetworks: '10.0.0.0/8' } },
    'proxyNetworks is "10.0.0.0/8"; write a list: ["10.0.0.0/8"]',
  ],
  [
    { proxies: { ...PROXIES, serviceType: 'LoadBalancr' } },
    'serviceType is "LoadBalancr"; write ProxyServiceType.LOAD_BALANCER',
  ],
  [{ proxies: { ...PROXIES, replicas: '3' } }, 'proxies.replicas is "3"; write 3'],
  [{ proxies: { ...PROXIES, affinity: null } }, 'proxies.affinity is null; leave it out'],
  [{ proxies: { ...PROXIES, tolerations: {} } }, 'proxies.tolerations is an object; write a list: [...]'],
  [{ proxies: { ...PROXIES, nodeSelector: { disk: true } } }, 'proxies.nodeSelector["disk"] is true; write a string'],
  [{ constructor: 1 }, 'constructor is not a prop of FleetChartsProps'],
])('a message contains the value and the remedy (%#)', (props, message) => {
  const text = refusal(props);
  expect(text).toMatch(/^unit-1: /);
  expect(text).toContain(message);
});

test('all problems are reported at once', () => {
  expect(refusal({ redis: { memory: '5Gi' }, namspace: 'shop', storage: undefined }).split('\n')).toHaveLength(3);
});

test('class instances with other members, and objects of a second copy of a package, are accepted', () => {
  class Secret {
    readonly name = 'unit-1-redis';
    readonly node = {};
  }
  jest.isolateModules(() => {
    const other = jest.requireActual<typeof library>('../../lib');
    const cdk8s = jest.requireActual<{ Size: typeof Size }>('cdk8s');
    expect(cdk8s.Size).not.toBe(Size);
    expect(other.NutcrackerPool).not.toBe(library.NutcrackerPool);
    const props = {
      pool: new other.NutcrackerPool(LIVE.settings),
      storage: other.ShardStorage.emptyDir({ sizeLimit: cdk8s.Size.gibibytes(1) }),
      redis: { memory: cdk8s.Size.gibibytes(2) },
      proxyClients: [other.NetworkPeer.anyone()],
      password: new Secret(),
      statsClients: undefined,
    };
    expect(refusal(props)).toBe('accepted');
  });
});

test('the result of custom storage is checked', () => {
  expect(refusal({ storage: { provision: () => ({ volume: null }) } })).toBe(
    'unit-1-30-redis/redis: the result of storage.volume is null; leave it out',
  );
  expect(refusal({ storage: { provision: () => ({}) } })).toBe(
    'unit-1-30-redis/redis: storage provides neither a volume nor a claimTemplate; provide exactly one',
  );
  expect(refusal({ storage: NFS })).toBe('accepted');
});

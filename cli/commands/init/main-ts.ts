// Generates main.ts, and fleet.ts of each fleet, formatted as by prettier.

import { DEFAULT_REDIS_IMAGE } from '../../../lib/redis/config/server-version';
import { sizeCode } from '../../output/quantity';
import { type Settings, type Storage } from './settings';

/** The names of the files in the repository, and the pools to move. */
export interface FleetFiles {
  readonly nutcracker: string;
  readonly redisConf?: string;
  /** @default - all pools of the file */
  readonly pools?: readonly string[];
  /** Whether the fleet has a single pool. */
  readonly isOne: boolean;
}

/** app.ts; fleet.ts of each fleet adds charts to it. */
export const APP_TS = `// The app with the charts of all fleets.

import { App } from 'cdk8s';

export const app = new App();
`;

/** main.ts of a repository with these fleets. */
export function mainTs(fleets: readonly string[]): string {
  return [
    '// All fleets. Each is defined in its own fleet.ts. `npm run synth` writes dist/.',
    '',
    "import { app } from './app';",
    ...fleets.map(importOf),
    '',
    'app.synth();',
    ...fleets.map(runbookOf),
    '',
  ].join('\n');
}

/** main.ts with more fleets; undefined if there is no import of a fleet to add them after. */
export function withFleets(main: string, fleets: readonly string[]): string | undefined {
  const lines = main.trimEnd().split('\n');
  const last = lines.map((line) => FLEET_IMPORT.test(line)).lastIndexOf(true);
  const synth = lines.indexOf('app.synth();');
  if (last < 0 || synth < last) return undefined;
  lines.splice(last + 1, 0, ...fleets.map(importOf));
  return [...lines, ...fleets.map(runbookOf), ''].join('\n');
}

const FLEET_IMPORT = /^import \{ fleet as \w+ \} from '\.\/fleets\/[^']+\/fleet';$/;

function importOf(fleet: string): string {
  return `import { fleet as ${variable(fleet)}Fleet } from './fleets/${fleet}/fleet';`;
}

function runbookOf(fleet: string): string {
  return `${variable(fleet)}Fleet.writeRunbook('fleets/${fleet}/fleet.ts');`;
}

/** fleet.ts of a fleet. */
export function fleetTs(settings: Settings, files: FleetFiles): string {
  const imports = [
    'FleetCharts',
    'MigrationPhase',
    'NutcrackerConfig',
    files.redisConf && 'RedisConfig',
    'ShardStorage',
  ];
  return [
    '// A fleet: its rings, storage and network access.',
    '',
    "import { Size } from 'cdk8s';",
    `import { ${imports.filter(Boolean).join(', ')} } from 'cdk8s-twemproxy';`,
    "import { app } from '../../app';",
    '',
    read('config', 'NutcrackerConfig', files.nutcracker),
    ...(files.redisConf === undefined ? [] : [read('redisConfig', 'RedisConfig', files.redisConf)]),
    ...charts(settings, files),
    '',
    ...warnings(files),
    '',
  ].join('\n');
}

function read(variableName: string, type: string, file: string): string {
  const opening = `const ${variableName} = ${type}.fromFile(`;
  return fitting(`${opening}${quoted(file)});`, [opening, `  ${quoted(file)},`, ');']);
}

function charts(settings: Settings, files: FleetFiles): string[] {
  const {
    fleet,
    namespace,
    secret,
    storage,
    memory,
    maxmemory,
    maxmemoryOfShard = {},
    image,
    redisImage,
    replicas,
    proxyPorts,
    proxyNetworks,
    renamedCommands,
  } = settings;
  const redis = [
    ...(redisImage === DEFAULT_REDIS_IMAGE ? [] : [`image: ${quoted(redisImage)}`]),
    ...(files.redisConf === undefined ? [] : ['config: redisConfig']),
    `memory: ${sizeCode(memory)}`,
    ...(maxmemory === undefined ? [] : [`maxmemory: ${sizeCode(maxmemory)}`]),
    ...ofShards(maxmemoryOfShard),
    ...(replicas === 0 ? [] : [`replicas: ${replicas}`]),
  ];
  return [
    `export const fleet = new FleetCharts(app, ${quoted(fleet)}, {`,
    `  namespace: ${quoted(namespace)},`,
    poolsCode(files),
    ...(secret === undefined ? [] : [object('  password: {', [`name: ${quoted(secret)}`, "key: 'password'"], '},')]),
    storageCode(storage),
    object('  redis: {', redis, '},'),
    object('  proxies: {', [`image: ${quoted(image)}`], '},'),
    ...portsCode(proxyPorts, files),
    '  migration: {',
    `    // Set to MOVED after every shard has moved: see dist/${fleet}.RUNBOOK.md.`,
    '    phase: MigrationPhase.MOVING,',
    ...(proxyNetworks.length > 0
      ? ['    // The networks from which the old servers see the proxies.']
      : [
          '    // The networks from which the old servers see the proxies, such as 10.20.64.0/20: of the pods, or of the nodes.',
          '    // Without them, the cutover treats the proxies as unexpected clients and fails.',
        ]),
    array('    proxyNetworks: [', proxyNetworks.map(quoted), '],'),
    ...(renamedCommands === undefined
      ? []
      : [
          '    // The Secret with the renamed commands of the old servers.',
          object('    renamedCommands: {', [`name: ${quoted(renamedCommands)}`], '},'),
        ]),
    '  },',
    '});',
  ];
}

function ofShards(maxmemory: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(maxmemory).map(([ordinal, size]) => `${ordinal}: ${sizeCode(size)}`);
  return entries.length === 0 ? [] : [`maxmemoryOfShard: { ${entries.join(', ')} }`];
}

function poolsCode({ isOne, pools }: FleetFiles): string {
  if (isOne) return `  pool: config.pool(${(pools ?? []).map(quoted).join('')}),`;
  if (pools === undefined) return '  pools: config.pools,';
  return array(
    '  pools: [',
    pools.map((name) => `config.pool(${quoted(name)})`),
    '],',
  );
}

function portsCode(ports: Settings['proxyPorts'], { isOne }: FleetFiles): string[] {
  const entries = Object.entries(ports);
  if (entries.length === 0) return [];
  const why = '  // Proxies in a pod cannot use the port of the old proxies.';
  if (isOne) return [why, `  proxyPort: ${entries[0][1]},`];
  return [
    why,
    object(
      '  proxyPorts: {',
      entries.map(([pool, port]) => `${keyOf(pool)}: ${port}`),
      '},',
    ),
  ];
}

/** The key of an object, quoted only if necessary. */
function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function storageCode(storage: Storage): string {
  const capacity = `capacity: ${sizeCode(storage.capacity)}`;
  if ('storageClass' in storage) {
    const properties = [capacity, `storageClassName: ${quoted(storage.storageClass)}`];
    return object('  storage: ShardStorage.claimTemplate({', properties, '}),');
  }
  const properties = [`server: ${quoted(storage.server)}`, `path: ${quoted(storage.path)}`, capacity];
  return object('  storage: ShardStorage.nfs({', properties, '}),');
}

function warnings({ redisConf }: FleetFiles): string[] {
  const ofRedis = [
    'for (const { file, line, directive, action, message, attention } of redisConfig.report) {',
    "  const location = file === undefined ? 'in no file' : `${file}:${line}`;",
    '  if (attention) console.warn(`${location}: ${directive} ${action}: ${message}`);',
    '}',
  ];
  return [
    '// Warnings to read before dist/ is applied. (Unnamed servers are no problem: FleetCharts gives them names.)',
    'for (const { file, line, code, message } of config.warnings) {',
    "  if (code !== 'unnamed-servers') console.warn(`${file}:${line}: ${code}: ${message}`);",
    '}',
    ...(redisConf === undefined ? [] : ofRedis),
  ];
}

/** `unit-1` as `unit1`. Callers append a suffix, so that it is never a reserved word. */
function variable(fleet: string): string {
  return fleet.replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The line width of prettier. */
const WIDTH = 120;

/** An object on one line if it fits, otherwise with one property per line. */
function object(opening: string, properties: readonly string[], closing: string): string {
  return listed(`${opening} ${properties.join(', ')} ${closing}`, opening, properties, closing);
}

/** The same for an array. */
function array(opening: string, elements: readonly string[], closing: string): string {
  return listed(`${opening}${elements.join(', ')}${closing}`, opening, elements, closing);
}

function listed(line: string, opening: string, items: readonly string[], closing: string): string {
  const indent = ' '.repeat(opening.search(/\S/));
  return fitting(line, [opening, ...items.map((item) => `${indent}  ${item},`), `${indent}${closing}`]);
}

function fitting(line: string, lines: readonly string[]): string {
  return widthOf(line) <= WIDTH ? line : lines.join('\n');
}

/** Characters that are two columns wide. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function widthOf(line: string): number {
  return Array.from(line).reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);
}

/** A string literal, in the quotes that need fewer escapes; in single quotes if both need the same number. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  const inDouble = text.split("'").length > text.split('"').length;
  return inDouble ? `"${escaped.replaceAll('"', '\\"')}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

// main.ts of a new repository, as the one of cdk8s-twemproxy is written, and as prettier leaves it.

import { sizeCode } from './quantity';
import { type Settings, type Storage } from './settings';

/** What the files are called in the repository, and which pool is meant where there are several. */
export interface FleetFiles {
  readonly nutcracker: string;
  readonly redisConf?: string;
  readonly pool?: string;
}

/** The text. */
export function mainTs(settings: Settings, files: FleetFiles): string {
  const name = variable(settings.fleet);
  const imports = [
    'FleetCharts',
    'MigrationPhase',
    'NutcrackerConfig',
    files.redisConf && 'RedisConfig',
    'ShardStorage',
  ];
  return [
    '// The fleets: which ring is kept, where the data lies, who may come in. `npm run synth` writes dist/.',
    '',
    "import { App, Size } from 'cdk8s';",
    `import { ${imports.filter(Boolean).join(', ')} } from 'cdk8s-twemproxy';`,
    '',
    'const app = new App();',
    '',
    read(`${name}Config`, 'NutcrackerConfig', files.nutcracker),
    ...(files.redisConf === undefined ? [] : [read(`${name}Redis`, 'RedisConfig', files.redisConf)]),
    ...charts(name, settings, files),
    '',
    ...warnings(name, files),
    'app.synth();',
    `${name}Fleet.writeRunbook();`,
    '',
  ].join('\n');
}

function read(variableName: string, type: string, file: string): string {
  const opening = `const ${variableName} = ${type}.fromFile(`;
  return fitting(`${opening}${quoted(file)});`, [opening, `  ${quoted(file)},`, ');']);
}

function charts(name: string, settings: Settings, files: FleetFiles): string[] {
  const { fleet, namespace, secret, storage, memory, maxmemory, image, proxyPort, proxyNetworks, renamedCommands } =
    settings;
  const redis = [
    ...(files.redisConf === undefined ? [] : [`config: ${name}Redis`]),
    `memory: ${sizeCode(memory)}`,
    ...(maxmemory === undefined ? [] : [`maxmemory: ${sizeCode(maxmemory)}`]),
  ];
  return [
    `const ${name}Fleet = new FleetCharts(app, ${quoted(fleet)}, {`,
    `  namespace: ${quoted(namespace)},`,
    `  pool: ${name}Config.pool(${files.pool === undefined ? '' : quoted(files.pool)}),`,
    ...(secret === undefined ? [] : [object('  password: {', [`name: ${quoted(secret)}`, "key: 'password'"], '},')]),
    storageCode(storage),
    object('  redis: {', redis, '},'),
    object('  proxies: {', [`image: ${quoted(image)}`], '},'),
    ...(proxyPort === undefined
      ? []
      : ['  // Where the old proxies listen, those in a pod cannot.', `  proxyPort: ${proxyPort},`]),
    '  migration: {',
    `    // MOVED, once every shard has: dist/${fleet}.RUNBOOK.md says when.`,
    '    phase: MigrationPhase.MOVING,',
    ...(proxyNetworks.length > 0
      ? ['    // From where the old servers see the proxies.']
      : [
          '    // From where the old servers see the proxies, such as 10.20.64.0/20: the networks of the pods, or of the nodes.',
          '    // Without it a cutover takes the proxies for strangers, and refuses.',
        ]),
    array('    proxyNetworks: [', proxyNetworks.map(quoted), '],'),
    ...(renamedCommands === undefined
      ? []
      : [
          '    // What the old servers call commands.',
          object('    renamedCommands: {', [`name: ${quoted(renamedCommands)}`], '},'),
        ]),
    '  },',
    '});',
  ];
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

function warnings(name: string, { redisConf }: FleetFiles): string[] {
  const ofRedis = [
    `for (const { file, line, directive, action, message, attention } of ${name}Redis.report) {`,
    "  const place = file === undefined ? 'in no file' : `${file}:${line}`;",
    '  if (attention) console.warn(`${place}: ${directive} ${action}: ${message}`);',
    '}',
  ];
  return [
    '// What somebody should have read before this is applied. (The servers get the names that they lack.)',
    `for (const { file, line, code, message } of ${name}Config.warnings) {`,
    "  if (code !== 'unnamed-servers') console.warn(`${file}:${line}: ${code}: ${message}`);",
    '}',
    ...(redisConf === undefined ? [] : ofRedis),
  ];
}

/** `unit-1` as `unit1`. What stands behind it keeps it from being a word of the language. */
function variable(fleet: string): string {
  return fleet.replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The width to which prettier fills a line. */
const WIDTH = 120;

/** An object on one line if it fits, else with a line for each property. */
function object(opening: string, properties: readonly string[], closing: string): string {
  return listed(`${opening} ${properties.join(', ')} ${closing}`, opening, properties, closing);
}

/** An array likewise. */
function array(opening: string, elements: readonly string[], closing: string): string {
  return listed(`${opening}${elements.join(', ')}${closing}`, opening, elements, closing);
}

function listed(line: string, opening: string, items: readonly string[], closing: string): string {
  const indent = ' '.repeat(opening.search(/\S/));
  return fitting(line, [opening, ...items.map((item) => `${indent}  ${item},`), `${indent}${closing}`]);
}

function fitting(line: string, lines: readonly string[]): string {
  return line.length <= WIDTH ? line : lines.join('\n');
}

/** A string in the quotes that need fewer escapes; in single ones if it makes no difference. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  const inDouble = text.split("'").length > text.split('"').length;
  return inDouble ? `"${escaped.replaceAll('"', '\\"')}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

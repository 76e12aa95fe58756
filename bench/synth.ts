// What a synth costs: npx tsx bench/synth.ts

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');
const RUNS = 7;
const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'synth-'));
const env = { ...process.env, CDK8S_OUTDIR: outdir, CDK8S_CHECK_UPGRADE: 'false' };

/** A fleet of any size, as main.ts describes one. */
const FLEET = `
  const { App } = require('cdk8s');
  const { FleetCharts, NutcrackerPool, NutcrackerServer, ShardStorage } = require('./build/lib');
  const servers = Array.from({ length: SIZE }, (_, i) => new NutcrackerServer({ address: 'redis-' + i + ':6379' }));
  const pool = new NutcrackerPool({ name: 'a', listen: '0.0.0.0:22121', redis: true, servers });
  const app = new App();
  new FleetCharts(app, 'a', { namespace: 'a', pool, storage: ShardStorage.emptyDir(), proxies: { image: 'a:1' } });
  app.synth();
`;

const commands: Record<string, [string, ...string[]]> = {
  'node, doing nothing (floor)': [process.execPath, '-e', '0'],
  'node, loading cdk8s and cdk8s-plus-27': [process.execPath, '-e', "require('cdk8s-plus-27')"],
  'compiled library, 108 shards': [process.execPath, '-e', FLEET.replace('SIZE', '108')],
  'compiled library, 1000 shards': [process.execPath, '-e', FLEET.replace('SIZE', '1000')],
  'main.ts by tsx, 108 shards': ['node_modules/.bin/tsx', 'main.ts'],
  'cdk8s synth, 108 shards': ['node_modules/.bin/cdk8s', 'synth', '--output', outdir],
};

function seconds([command, ...args]: [string, ...string[]]): number {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { cwd: ROOT, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
for (let run = 0; run <= RUNS; run++) {
  // The first round warms the caches and does not count.
  for (const [name, command] of Object.entries(commands)) {
    const time = seconds(command);
    if (run > 0) times.get(name)?.push(time);
  }
}
fs.rmSync(outdir, { recursive: true });

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const floor = median(times.get('node, loading cdk8s and cdk8s-plus-27') ?? []);
for (const [name, values] of times) {
  const time = median(values);
  console.log(
    `${name.padEnd(40)} ${time.toFixed(2).padStart(6)} s  ${(time / floor).toFixed(1).padStart(5)} x loading cdk8s`,
  );
}

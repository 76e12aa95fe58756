// The other files of a new repository, as in other cdk8s projects, with as few packages as possible.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { devDependencies as testedWith } from '../../../package.json';

/** package.json, with the package versions that cdk8s-twemproxy is tested with. */
export function packageJson(fleet: string, version: string): string {
  const { cdk8s, constructs, tsx } = testedWith;
  return json({
    name: fleet,
    version: '0.0.0',
    private: true,
    scripts: {
      synth: SYNTH,
      test: 'tsc && node --import tsx --test main.test.ts',
    },
    dependencies: {
      cdk8s,
      'cdk8s-plus-27': testedWith['cdk8s-plus-27'],
      'cdk8s-twemproxy': version,
      constructs,
    },
    devDependencies: {
      '@types/node': testedWith['@types/node'],
      'cdk8s-cli': testedWith['cdk8s-cli'],
      tsx,
      // The native compiler; the JavaScript one takes four times as long as the synth that runs in parallel.
      typescript: testedWith['typescript-7'].replace('npm:typescript@', ''),
    },
    engines: { node: '>= 20' },
  });
}

/** tsx does not check types, so tsc does, in parallel. dist/ is replaced only if both succeed. */
const SYNTH = [
  'tsc & types=$!',
  'CDK8S_CHECK_UPGRADE=false cdk8s synth --output dist.new',
  'synth=$?',
  'wait $types && [ $synth = 0 ] && rm -rf dist && mv dist.new dist',
].join('; ');

/** ring.json: what must never change once the shards hold data. The test compares the rings with it. */
export function ringJson(pools: readonly NutcrackerPool[]): string {
  const rings = pools.map(({ name, hash, hashTag, distribution, redisDb, servers }) => {
    return { pool: name, hash, hashTag, distribution, database: redisDb, servers: servers.map(String) };
  });
  return json({ pools: rings });
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

export const CDK8S_YAML = `language: typescript
app: node --import tsx main.ts
`;

export const TSCONFIG_JSON = json({
  compilerOptions: {
    target: 'es2022',
    module: 'node16',
    esModuleInterop: true,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  },
  include: ['*.ts', 'fleets/*/*.ts'],
});

export const GITIGNORE = `node_modules/
dist.new/
`;

/** main.test.ts. Together, its tests detect every change of the manifests and of the rings. */
export const MAIN_TEST_TS = `// Tests that dist/ is up to date, and that every ring is the one of the old proxies.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { NutcrackerConfig } from 'cdk8s-twemproxy';

test('dist/ is up to date', () => {
  const fresh = fs.mkdtempSync(path.join(os.tmpdir(), 'dist-'));
  try {
    execFileSync(process.execPath, ['--import', 'tsx', 'main.ts'], {
      env: { ...process.env, CDK8S_OUTDIR: fresh },
      stdio: 'pipe',
    });
    const names = new Set([...fs.readdirSync(fresh), ...namesIn('dist')]);
    const differ = [...names].filter((name) => textOf(fresh, name) !== textOf('dist', name));
    assert.deepEqual(differ, [], 'run "npm run synth", and review "git diff" of these files');
  } finally {
    fs.rmSync(fresh, { recursive: true });
  }
});

// These lines determine the server of each key, and the old server of each shard. They are recorded nowhere else.
for (const fleet of fs.readdirSync('fleets')) {
  test(\`the rings of \${fleet} are unchanged\`, () => {
    const { pools } = JSON.parse(textOf(path.join('fleets', fleet), 'ring.json') ?? '{}');
    const live = NutcrackerConfig.fromFile(path.join('fleets', fleet, 'nutcracker.yml'));
    const rings = pools.map(({ pool }: { pool: string }) => {
      const { hash, hashTag, distribution, redisDb: database, servers } = live.pool(pool);
      return { pool, hash, ...(hashTag && { hashTag }), distribution, database, servers: servers.map(String) };
    });
    assert.deepEqual(rings, pools);
  });
}

function namesIn(directory: string): string[] {
  return fs.existsSync(directory) ? fs.readdirSync(directory) : [];
}

function textOf(directory: string, name: string): string | undefined {
  const file = path.join(directory, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}
`;

/** Actions are pinned to commits, since tags can be moved. */
export const CI_YML = `name: ci

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@1af3b93b6815bc44a9784bd300feb67ff0d1eeb3 # v6.0.0
        with:
          persist-credentials: false
      - uses: actions/setup-node@2028fbc5c25fe9cf00d9f06a71cc4710d4507903 # v6.0.0
        with:
          node-version: 22
      - run: npm ci
      - run: npm run synth
      # Fails if dist/ is not up to date; --intent-to-add includes new files.
      - run: git add --intent-to-add dist && git diff --exit-code dist
      - run: npm test
`;

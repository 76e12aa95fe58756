// The files of a new repository around its main.ts: what a cdk8s user expects, with as few packages as it takes.

import { type NutcrackerPool } from '../../../lib/nutcracker';
import { devDependencies as testedWith } from '../../../package.json';

/** The packages of the repository, each in the version that cdk8s-twemproxy is tested with. */
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
      // The compiler in native code: the other one takes four times as long as the synth that it runs beside.
      typescript: testedWith['typescript-7'].replace('npm:typescript@', ''),
    },
    engines: { node: '>= 20' },
  });
}

/** tsx does not look at types, so the compiler does, at the same time; dist/ is replaced when both are content. */
const SYNTH = [
  'tsc & types=$!',
  'CDK8S_CHECK_UPGRADE=false cdk8s synth --output dist.new',
  'synth=$?',
  'wait $types && [ $synth = 0 ] && rm -rf dist && mv dist.new dist',
].join('; ');

/** What the test compares the rings with: what must never change once the shards hold data. */
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

/** Between them, the two tests see every change: of what is applied, and of what it is compared with at synth. */
export const MAIN_TEST_TS = `// What is committed is what main.ts says, and every ring is still the one that the old proxies run.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { NutcrackerConfig } from 'cdk8s-twemproxy';

test('dist/ is what a synth writes', () => {
  const fresh = fs.mkdtempSync(path.join(os.tmpdir(), 'dist-'));
  try {
    execFileSync(process.execPath, ['--import', 'tsx', 'main.ts'], {
      env: { ...process.env, CDK8S_OUTDIR: fresh },
      stdio: 'pipe',
    });
    const names = new Set([...fs.readdirSync(fresh), ...namesIn('dist')]);
    const differ = [...names].filter((name) => textOf(fresh, name) !== textOf('dist', name));
    assert.deepEqual(differ, [], 'run "npm run synth", and read what "git diff" says of these files');
  } finally {
    fs.rmSync(fresh, { recursive: true });
  }
});

// Where the keys are hangs on these lines, and which shard gets whose data: nothing else remembers it.
for (const fleet of fs.readdirSync('fleets')) {
  test(\`the rings of \${fleet} are those that its data was placed by\`, () => {
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

/** The actions by the commits of their versions, which nobody can move. */
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
      # What was reviewed is what main.ts says; a file that is new counts as well.
      - run: git add --intent-to-add dist && git diff --exit-code dist
      - run: npm test
`;

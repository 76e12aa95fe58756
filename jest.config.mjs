// Debian installs nutcracker and haproxy in directories that are not on the PATH of most users.
process.env.PATH += ':/usr/local/sbin:/usr/sbin';

const shared = {
  testEnvironment: 'node',
  // The longest test takes seven minutes on two cores, and a busy machine is slower.
  testTimeout: process.env.LONG ? 1_200_000 : 120_000,
  setupFiles: ['<rootDir>/test/lab/environment.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/examples/import/'],
};
/** Files of which the quick tests run only some cases (`test/lab/cases.ts`). */
const partly = [
  'backup/backup',
  'backup/import',
  'bridge-lab',
  'cli/main',
  'failover/switchover',
  'fleet-lab',
  'migrator/commands/verify',
  'migrator/data/changed-keys',
  'move/ejection',
  'move/foreign',
  'move/interrupted',
  'move/refused',
  'move/restart',
  'move/rights',
  'move/rollback',
  'move/sentinel',
  'move/tls',
  'nutcracker/nutcracker-config-verdict',
  'nutcracker/nutcracker-config-yaml',
  'nutcracker/placement',
  'nutcracker/resize',
  'redis/config/known',
  'redis/config/text',
  'reshard/cluster',
  'reshard/cluster-users',
  'reshard/reshard',
  'runbook-kubectl',
  'tls-lab',
  'tls-programs',
];
/** Tests that are too slow for every run. */
const long = ['**/test/**/*.long.test.ts', ...partly.map((file) => `**/test/${file}.test.ts`)];

export default {
  ...shared,
  // By default, Jest leaves one core idle. With three workers, a fleet of 108 shards starves on two cores.
  maxWorkers: 2,
  testMatch: process.env.LONG ? long : ['**/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.LONG ? [] : ['\\.long\\.test\\.ts$'])],
};

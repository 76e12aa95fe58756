// Debian puts nutcracker and haproxy where the PATH of most users does not lead.
process.env.PATH += ':/usr/local/sbin:/usr/sbin';

const shared = {
  testEnvironment: 'node',
  testTimeout: process.env.LONG ? 600_000 : 120_000,
  setupFiles: ['<rootDir>/test/lab/environment.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/examples/import/'],
};
/** What takes too long for every run; the generated configurations are read once more, in greater number. */
const long = ['**/test/**/*.long.test.ts', '**/test/nutcracker/nutcracker-config-verdict.test.ts'];

export default {
  ...shared,
  // Jest would leave one of two cores idle.
  maxWorkers: 2,
  testMatch: process.env.LONG ? long : ['**/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(process.env.LONG ? [] : ['\\.long\\.test\\.ts$']),
    // The whole matrix of restarts takes longer than all the others together: npm run test:matrix.
    ...(process.env.MATRIX ? [] : ['/restart\\.long\\.test\\.ts$']),
  ],
};

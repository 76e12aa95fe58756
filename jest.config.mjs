const shared = {
  testEnvironment: 'node',
  testTimeout: 60_000,
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/examples/import/'],
};
const long = ['\\.long\\.test\\.ts$'];

export default {
  ...shared,
  testMatch: process.env.LONG ? ['**/test/**/*.long.test.ts'] : ['**/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.LONG ? [] : long)],
};

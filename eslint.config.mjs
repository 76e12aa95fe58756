import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import noImportCycle from './scripts/no-import-cycle.mjs';

/** Layers of a directory, from the lowest: each may import itself and lower layers. */
function layers(directory, names) {
  return names.map((name, i) => ({
    target: `${directory}/${name}`,
    from: directory,
    except: names.slice(0, i + 1).map((known) => `./${known}`),
  }));
}

const PARTS = [
  './main.ts',
  './lib',
  './imports',
  './migrator',
  './failover',
  './reshard',
  './backup',
  './passwords',
  './exporter',
  './dashboards',
  './cli',
  './test',
  './examples',
  './bench',
];

/** A part imports no other part, apart from those that are named; what of those is allowed stands beside it. */
function others(target, ...imported) {
  return { target, from: PARTS.filter((part) => part !== target && !imported.includes(part)) };
}

/** The allowed imports, as in docs/architecture.md. */
const arrows = [
  others('./lib', './imports'),
  {
    target: './lib/nutcracker',
    from: './lib',
    except: ['./nutcracker', './common/template.ts', './common/utf8.ts', './common/documents.ts'],
  },
  {
    target: './lib/redis/config',
    from: './lib',
    except: [
      './redis/config',
      './redis/redis-config-note.ts',
      './redis/redis-config-props.ts',
      './common/template.ts',
      './common/utf8.ts',
    ],
  },
  {
    target: './cli',
    from: './lib',
    except: [
      './nutcracker',
      './migration/plan.ts',
      './failover/replica-plan.ts',
      './redis/config',
      './common/kubernetes-values.ts',
      './common/documents.ts',
    ],
  },
  // The formats of the plan and of the statuses, for `report`, and one connection to a server, for `capacity`.
  {
    target: './cli',
    from: './migrator',
    except: [
      './plan-file.ts',
      './shard/shard-state.ts',
      './commands/status.ts',
      './report/fleet-progress.ts',
      './redis/info.ts',
      './redis/product.ts',
      './redis/server.ts',
      './redis/tls.ts',
    ],
  },
  ...layers('./cli', ['output', 'input', 'page', 'commands']),
  { target: './cli', from: './failover', except: ['./shard/state.ts', './commands/status.ts'] },
  others('./cli', './lib', './migrator', './failover'),
  {
    target: './migrator',
    from: './lib',
    except: ['./nutcracker', './migration/plan.ts', './redis/config/text.ts', './common/documents.ts'],
  },
  ...layers('./migrator', ['report', 'redis', 'shard', 'program', 'data', 'checks', 'commands']),
  others('./migrator', './lib'),
  {
    target: './failover',
    from: './lib',
    except: ['./failover/replica-plan.ts', './migration/plan.ts', './nutcracker', './common/documents.ts'],
  },
  {
    target: './failover',
    from: './migrator',
    except: ['./report', './redis', './shard', './program'],
  },
  ...layers('./failover', ['sentinel', 'shard', 'commands']),
  others('./failover', './lib', './migrator'),
  {
    target: './reshard',
    from: './lib',
    except: ['./reshard/reshard-plan.ts', './nutcracker', './common/documents.ts'],
  },
  {
    target: './reshard',
    from: './migrator',
    except: ['./report', './redis', './shard', './program', './data'],
  },
  ...layers('./reshard', ['plan', 'server', 'move', 'commands']),
  others('./reshard', './lib', './migrator'),
  {
    target: './passwords',
    from: './lib',
    except: [
      './passwords/password-plan.ts',
      './failover/replica-plan.ts',
      './migration/plan.ts',
      './common/documents.ts',
    ],
  },
  { target: './passwords', from: './migrator', except: ['./report', './redis', './shard', './program'] },
  ...layers('./passwords', ['servers', 'commands']),
  others('./passwords', './lib', './migrator'),
  {
    target: './backup',
    from: './lib',
    except: [
      './backup/backup-plan.ts',
      './failover/replica-plan.ts',
      './migration/plan.ts',
      './nutcracker',
      './redis/config/text.ts',
      './common/documents.ts',
    ],
  },
  { target: './backup', from: './migrator', except: ['./report', './redis', './shard', './program', './data'] },
  { target: './backup', from: './failover', except: ['./sentinel'] },
  ...layers('./backup', ['rdb', 'store', 'files', 'shard', 'commands']),
  others('./backup', './lib', './migrator', './failover'),
  others('./dashboards'),
  others('./exporter'),
  others('./main.ts', './lib'),
];
const CDK8S = ['cdk8s', 'cdk8s-*', 'constructs'];
const noCdk8s = { patterns: [{ group: CDK8S, message: 'This code must not depend on cdk8s.' }] };
const cdk8sTypes = {
  patterns: [
    {
      group: CDK8S,
      allowTypeImports: true,
      message: 'The command line imports this, so only types of cdk8s are allowed.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['node_modules', 'build', 'dist', 'imports', 'examples/*/dist', 'examples/import'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX, local: { rules: { 'no-import-cycle': noImportCycle } } },
    settings: { 'import-x/resolver': { typescript: true } },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: arrows, basePath: import.meta.dirname }],
      'local/no-import-cycle': 'error',
      // jsii requires index signatures for maps, and static factories for variants.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowStaticOnly: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: [
      'lib/nutcracker/**',
      'lib/migration/plan.ts',
      'lib/failover/replica-plan.ts',
      'lib/backup/backup-plan.ts',
      'lib/passwords/password-plan.ts',
      'lib/reshard/reshard-plan.ts',
      'cli/**',
      'migrator/**',
      'failover/**',
      'reshard/**',
      'backup/**',
      'passwords/**',
      'exporter/**',
    ],
    rules: { 'no-restricted-imports': ['error', noCdk8s] },
  },
  {
    files: ['lib/redis/config/**', 'lib/redis/redis-config-note.ts', 'lib/common/{kubernetes-values,template,utf8}.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', cdk8sTypes] },
  },
  {
    // Manifests have no types; the tests check their structure.
    files: ['test/**/*.ts'],
    rules: Object.fromEntries(
      [
        'no-explicit-any',
        'no-unsafe-argument',
        'no-unsafe-assignment',
        'no-unsafe-member-access',
        'no-unsafe-return',
      ].map((rule) => [`@typescript-eslint/${rule}`, 'off']),
    ),
  },
  { files: ['**/*.browser.js'], languageOptions: { globals: { document: 'readonly' } } },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly' } } },
);

// README.md of a repository, and of each fleet: the next steps.

import * as path from 'node:path';
import { type Origin, vendored } from './origin';
import { type Settings } from './settings';

interface Package {
  readonly version: string;
  readonly origin: Origin;
}

/** The command that packs the package into a repository; undefined if init has done so, or if a registry has it. */
export function packing({ version, origin }: Package, repository = '.'): string | undefined {
  if (origin.from !== 'directory') return undefined;
  const directory = word(path.join(repository, path.dirname(vendored(version))));
  return `mkdir -p ${directory} && npm pack --ignore-scripts --pack-destination ${directory} ${word(origin.directory)}`;
}

/** README.md of the repository. */
export function readme(name: string, packing: string | undefined): string {
  const sections = [
    `# ${name}`,
    `Redis fleets on Kubernetes, with [cdk8s-twemproxy](https://github.com/cdk8s-twemproxy/cdk8s-twemproxy). \`fleets/FLEET/fleet.ts\` defines a
fleet, \`npm run synth\` writes the manifests to \`dist/\`, and \`dist/FLEET.RUNBOOK.md\` describes how to apply them.

| | |
| --- | --- |
| \`main.ts\`, \`app.ts\` | all fleets |
| \`fleets/FLEET/\` | a fleet: \`fleet.ts\`, the next steps in \`README.md\`, and the settings of the old fleet that the synth uses, without secrets and comments. Never edit these files once the shards hold data |
| \`dist/\` | the manifests: commit them, and review them with every change |
| \`main.test.ts\` | tests that \`dist/\` is up to date, and that the rings are those of the old fleet |`,
    '## Next steps',
    `Install the packages, write the manifests, and run the tests. Commit everything, including \`package-lock.json\` and \`dist/\`:

${shell(...(packing === undefined ? [] : [packing]), 'npm install', 'npm run synth', 'npm test', 'git init --initial-branch main', 'git add .', `git commit -m 'Describe ${name}'`)}

Then follow \`README.md\` of each fleet. To add the fleets of another file, run \`npx cdk8s-twemproxy init OTHER.yml --directory .\`.`,
    `After you change a fleet or a version, run \`npm run synth\`, review \`git diff dist\`, run \`npm test\`, and commit. CI fails if \`dist/\` is not
up to date.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** README.md of a fleet. */
export function fleetReadme(settings: Settings): string {
  const { fleet, image, proxyNetworks } = settings;
  const steps = [
    ...(proxyNetworks.length > 0
      ? []
      : ['Before the cutover, set `proxyNetworks` in `fleet.ts`, and synthesize again.']),
    'If applications run in other namespaces, allow them in `fleet.ts`: `proxyClients: [NetworkPeer.namespaces({ ... })]`.',
    `After \`npm install\`, build and push the image of the proxies:

${shell(`docker build --tag ${image} node_modules/cdk8s-twemproxy/images/twemproxy`, `docker push ${image}`)}`,
    ...storage(settings),
    ...secret(settings),
    ...renamed(settings),
    `Follow \`dist/${fleet}.RUNBOOK.md\`. Nothing moves until you start the cutover.`,
  ];
  return `# ${fleet}\n\nNext steps, after the manifests are written:\n\n${numbered(steps)}\n`;
}

function storage({ storage: target }: Settings): string[] {
  if ('storageClass' in target) return [];
  const directory = word(target.path);
  return [
    `Redis runs as user 999. Make the export writable for this user on \`${target.server}\`:

${shell(`chown 999:999 ${directory} && chmod 755 ${directory}`)}`,
  ];
}

function secret({ namespace, secret: name }: Settings): string[] {
  if (name === undefined) return [];
  return [
    `The password of the old fleet is not in this repository. Put it into a file, without a newline at the end. The first step of the runbook
creates the Secret \`${name}\` from it:

${shell(`kubectl -n ${namespace} create secret generic ${name} --from-file=password=PATH-OF-A-FILE-WITH-THE-PASSWORD`)}`,
  ];
}

function renamed({ namespace, renamedCommands: name }: Settings): string[] {
  if (name === undefined) return [];
  return [
    `Some commands of the old servers are renamed. Their new names are not in this repository. When the namespace exists, create the Secret
\`${name}\` from the live \`redis.conf\` and the files that it includes:

${shell(renamedCommandsSecret(namespace, name))}`,
  ];
}

/** The command that creates the Secret with the renamed commands. */
export function renamedCommandsSecret(namespace: string, name: string): string {
  const create = `kubectl -n ${namespace} create secret generic ${name} --from-file=renamed-commands=/dev/stdin`;
  return `grep -ih '^[[:space:]]*rename-command' redis.conf | ${create}`;
}

function numbered(steps: readonly string[]): string {
  return steps.map((step, i) => `${i + 1}. ${step.replace(/\n(?=.)/g, '\n   ')}`).join('\n');
}

function shell(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

/** A shell word, quoted if necessary. */
export function word(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

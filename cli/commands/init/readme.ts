// README.md of a repository and of each of its fleets: what comes next.

import * as path from 'node:path';
import { type Origin, vendored } from './origin';
import { type Settings } from './settings';

/** The package, as a repository refers to it. */
interface Package {
  readonly version: string;
  readonly origin: Origin;
}

/** What puts the packed file into a repository, where init cannot; nothing where it is there, or in a registry. */
export function packing({ version, origin }: Package, repository = '.'): string | undefined {
  if (origin.from !== 'directory') return undefined;
  const directory = word(path.join(repository, path.dirname(vendored(version))));
  return `mkdir -p ${directory} && npm pack --ignore-scripts --pack-destination ${directory} ${word(origin.directory)}`;
}

/** README.md of the repository. */
export function readme(name: string, packing: string | undefined): string {
  const sections = [
    `# ${name}`,
    `Redis fleets on Kubernetes, by [cdk8s-twemproxy](https://github.com/cdk8s-twemproxy/cdk8s-twemproxy): \`fleets/FLEET/fleet.ts\` says what each
is, \`npm run synth\` writes the manifests to \`dist/\`, and \`dist/FLEET.RUNBOOK.md\` says in which order to apply them.

| | |
| --- | --- |
| \`main.ts\`, \`app.ts\` | all fleets together |
| \`fleets/FLEET/\` | a fleet: \`fleet.ts\`, what is left to do in \`README.md\`, and what is used of the files of the old fleet, without secrets and comments. Never edit the latter once the shards hold data |
| \`dist/\` | what is applied: committed, and read in every review |
| \`main.test.ts\` | \`dist/\` is what \`main.ts\` says, and the rings are the old ones |`,
    '## Next',
    `Install, write the manifests, and test. Commit all of it, \`package-lock.json\` and \`dist/\` too:

${shell(...(packing === undefined ? [] : [packing]), 'npm install', 'npm run synth', 'npm test', 'git init --initial-branch main', 'git add .', `git commit -m 'Describe ${name}'`)}

Then follow \`README.md\` of each fleet. \`npx cdk8s-twemproxy init OTHER.yml --directory .\` adds the fleets of another file.`,
    `After a change of a fleet, or of a version: \`npm run synth\`, read \`git diff dist\`, \`npm test\`, commit. CI refuses a \`dist/\` that is not
what a synth writes.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** README.md of a fleet. */
export function fleetReadme(settings: Settings): string {
  const { fleet, image, proxyNetworks } = settings;
  const steps = [
    ...(proxyNetworks.length > 0
      ? []
      : ['Fill in `proxyNetworks` in `fleet.ts`, before the cutover at the latest, and synthesize again.']),
    'If applications come from other namespaces, name them in `fleet.ts`: `proxyClients: [NetworkPeer.namespaces({ ... })]`.',
    `Build and push the image of the proxies, once the repository is installed:

${shell(`docker build --tag ${image} node_modules/cdk8s-twemproxy/images/twemproxy`, `docker push ${image}`)}`,
    ...storage(settings),
    ...secret(settings),
    ...renamed(settings),
    `Follow \`dist/${fleet}.RUNBOOK.md\`. Nothing moves before you start the cutover yourself.`,
  ];
  return `# ${fleet}\n\nWhat is left to do once the manifests are written:\n\n${numbered(steps)}\n`;
}

function storage({ storage: where }: Settings): string[] {
  if ('storageClass' in where) return [];
  const directory = word(where.path);
  return [
    `Let the user 999, as whom Redis runs, write the export. On \`${where.server}\`:

${shell(`chown 999:999 ${directory} && chmod 755 ${directory}`)}`,
  ];
}

function secret({ namespace, secret: name }: Settings): string[] {
  if (name === undefined) return [];
  return [
    `The password of the old fleet stands in no file of this repository. Have it ready in a file, without a line break at its end: the first step
of the runbook makes the Secret \`${name}\` from it, with

${shell(`kubectl -n ${namespace} create secret generic ${name} --from-file=password=PATH-OF-A-FILE-WITH-THE-PASSWORD`)}`,
  ];
}

function renamed({ namespace, renamedCommands: name }: Settings): string[] {
  if (name === undefined) return [];
  return [
    `The old servers have other names for some commands. Those stand in no file of this repository either: this makes the Secret \`${name}\` from
the live \`redis.conf\` (and what it includes), once the namespace is there:

${shell(renamedCommandsSecret(namespace, name))}`,
  ];
}

/** The one command that makes the Secret with the other names of commands. */
export function renamedCommandsSecret(namespace: string, name: string): string {
  const make = `kubectl -n ${namespace} create secret generic ${name} --from-file=renamed-commands=/dev/stdin`;
  return `grep -ih '^[[:space:]]*rename-command' redis.conf | ${make}`;
}

function numbered(steps: readonly string[]): string {
  return steps.map((step, i) => `${i + 1}. ${step.replace(/\n(?=.)/g, '\n   ')}`).join('\n');
}

function shell(...lines: string[]): string {
  return ['```sh', ...lines, '```'].join('\n');
}

/** A word of a shell. */
export function word(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

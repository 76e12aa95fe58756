// README.md of a new repository: what comes next.

import { type Settings } from './settings';

/** The text. */
export function readme(settings: Settings): string {
  const { fleet, proxyNetworks } = settings;
  const sections = [
    `# ${fleet}`,
    `The fleet \`${fleet}\` on Kubernetes, by [cdk8s-twemproxy](https://github.com/cdk8s-twemproxy/cdk8s-twemproxy): \`main.ts\` says what it is,
\`npm run synth\` writes the manifests to \`dist/\`, and \`dist/${fleet}.RUNBOOK.md\` says in which order to apply them.

| | |
| --- | --- |
| \`main.ts\` | the fleets |
| \`fleets/\` | what is used of the files of the old fleet, without secrets and comments. Never edit it once the shards hold data |
| \`dist/\` | what is applied: committed, and read in every review |
| \`main.test.ts\` | \`dist/\` is what \`main.ts\` says, and the ring is the old one |`,
    '## Next',
    numbered([
      `Install, write the manifests, and test. Commit all of it, \`package-lock.json\` and \`dist/\` too:

${shell('npm install', 'npm run synth', 'npm test', 'git init --initial-branch main', 'git add .', `git commit -m 'Describe ${fleet}'`)}

If no registry that you use has \`cdk8s-twemproxy\`, put its packed file into the repository:
\`npm install ./vendor/cdk8s-twemproxy-VERSION.tgz\` in the place of the first line.`,
      ...(proxyNetworks.length > 0
        ? []
        : ['Fill in `proxyNetworks` in `main.ts`, before the cutover at the latest, and synthesize anew.']),
      'If applications come from other namespaces, name them in `main.ts`: `proxyClients: [NetworkPeer.namespaces({ ... })]`.',
      'Build and push the image of the proxies, by the Dockerfile in `images/twemproxy` of cdk8s-twemproxy.',
      ...storage(settings),
      ...secret(settings),
      ...renamed(settings),
      `Follow \`dist/${fleet}.RUNBOOK.md\`. Nothing moves before you start the cutover yourself.`,
    ]),
    `After a change of \`main.ts\`, or of a version: \`npm run synth\`, read \`git diff dist\`, \`npm test\`, commit. CI refuses a \`dist/\` that is not
what a synth writes.`,
  ];
  return `${sections.join('\n\n')}\n`;
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
function word(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

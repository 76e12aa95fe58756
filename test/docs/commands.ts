// How each command in an `sh` block of a document is checked.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { filesOf, named, objectsIn, ROOT } from '../lab/synthesized';
import { run } from '../cli/program';
import { isUnderstood, Kubectl } from '../lab/kubectl';
import { Lab } from '../lab/lab';
import { type Manifest } from '../lab/synth';
import { read } from './documents';

/** Fails if the command is wrong, as far as can be checked. */
type Check = (command: string, ...parts: string[]) => Promise<void> | void;

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const CI = read('.ci/run');

/** Where commands run that take too long to run again here. */
const RUN_BY: Record<string, string> = {
  'npm ci': '.ci/run',
  'npm test': '.ci/run',
  'npm pack': 'test/examples/import.long.test.ts',
  'npm run import': '.ci/run',
  'npm run synth': '.ci/run',
  'npm run build': 'package.json', // by npm ci and npm test
  'npm run lint': '.ci/run',
  'npm run typecheck': '.ci/run',
  'npm run test:long': '.ci/run',
  'npm run test:matrix': 'test/move/restart.long.test.ts', // a third of it by npm run test:long
  'npm run docgen': 'test/docs/api.test.ts',
  'npm run demo': 'test/docs/demo.long.test.ts',
  'npm run demo -- --failover': 'test/docs/demo.long.test.ts',
  'npm run demo -- --resize': 'test/docs/demo.long.test.ts',
  'npm run picture': 'test/docs/pictures.test.ts',
  'npm run transcript': 'test/docs/transcript.long.test.ts',
  'npm run golden': 'test/docs/golden.long.test.ts',
  'kubectl kustomize .': 'test/docs/how-to.test.ts',
  'kubectl kustomize --load-restrictor LoadRestrictionsNone overlays/production': 'test/docs/how-to.test.ts',
};

const CHECKS: [RegExp, Check][] = [
  [/^(npm (?:ci|pack|test|run [\w:-]+(?: -- --\w+)?))$/, isRunElsewhere],
  [/^kubectl kustomize /, isRunElsewhere],
  [/^npx jest (\S+)$/, fileExists],
  [/^npx tsx (\S+\.ts)/, fileExists],
  [
    /^npx cdk8s-twemproxy (report .*) -o report\.html$/,
    (_, args) => succeeds(`node build/cli/main.js ${args} -o /dev/null`),
  ],
  [/^npx cdk8s-twemproxy (init .*)$/, (_, args) => initsARepository(args)],
  [/^npx (cdk8s-twemproxy) (.*)$/, (_, __, args) => succeeds(`node build/cli/main.js ${args}`)],
  [/^node (build\/\S+) .*--help$/, (command) => succeeds(command)],
  [/^kubectl .*(?: > old$| --from-file=)/, readsOrWritesFiles],
  [/^kubectl /, namesExistingObjects],
  [/^umask 077$|^rm old new$/, notChecked],
  [/^head -c 33 .* > new$/, (command) => succeeds(command.replace(/> new$/, ''))],
  [/^docker (?:build|push) .*$/, namesItsDirectory], // docker is not installed
  [/^cd (examples\/\S+)$/, fileExists],
  [/^cd (\/export\/unit-1\/unit-1-redis-7)$/, notChecked], // on the NFS server
  [/^printf '%s\\n' '(.*)' > redis\.conf$/, isMentionedIn('lib/scripts/start.sh')],
  [/^npm install \.\/vendor\/\S+\.tgz$/, notChecked], // the packed library in a repository made by `init`
  [/^git diff (?:--stat )?-- dist$/, exitsWithZero],
  [/^npm install --no-save .*tgz$/, notChecked], // test/examples/import.long.test.ts installs the same file
];

/** The commands of a block, without comments, also several in one line. */
export function commandsIn(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split(/\n|&&/)
    .map((line) => line.replace(/^\(|\)$|(^|\s)#.*$/g, '').trim())
    .filter((line) => line !== '' && line !== 'cd ../..');
}

const checked = new Map<string, Promise<void>>();

/** Checks a command, once for all documents that have it. */
export async function checkCommand(command: string): Promise<void> {
  const check = checked.get(command) ?? checkOnce(command);
  checked.set(command, check);
  return check;
}

async function checkOnce(command: string): Promise<void> {
  for (const [pattern, check] of CHECKS) {
    const match = pattern.exec(command);
    if (match) {
      await check(command, ...match.slice(1));
      return;
    }
  }
  throw new Error('no check for this command; add one to test/docs/commands.ts');
}

function notChecked(): void {
  // Cannot be checked here.
}

function isRunElsewhere(command: string): void {
  const [name] = command.replace('npm run ', '').split(' ');
  if (command.startsWith('npm run ')) expect(Object.keys(scripts)).toContain(name);
  if (command.startsWith('npm run bench')) return; // run manually, on an idle machine
  expect(Object.keys(RUN_BY)).toContain(command);
  const file = RUN_BY[command];
  if (file === '.ci/run') expect(CI).toContain(command);
  else expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
}

function fileExists(_command: string, file: string): void {
  expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
}

function isMentionedIn(file: string): Check {
  return (_command, words) => {
    expect(read(file)).toContain(words);
  };
}

function namesItsDirectory(command: string): void {
  const [directory] = /images\/\S+$/.exec(command) ?? [];
  if (directory !== undefined) expect(fs.existsSync(path.join(ROOT, directory, 'Dockerfile'))).toBe(true);
}

async function succeeds(command: string): Promise<void> {
  const { code, stdout, stderr } = await run('sh', ['-c', command]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.length).toBeGreaterThan(0);
}

async function exitsWithZero(command: string): Promise<void> {
  expect((await run('sh', ['-c', command])).code).toBe(0);
}

async function initsARepository(args: string): Promise<void> {
  const lab = new Lab();
  try {
    const { code } = await run('sh', ['-c', `node build/cli/main.js ${args} --yes --directory ${lab.dir}/made`]);
    expect([code, fs.existsSync(path.join(lab.dir, 'made/main.ts'))]).toEqual([0, true]);
  } finally {
    await lab.close();
  }
}

const KINDS: Record<string, string> = {
  statefulset: 'StatefulSet',
  deployment: 'Deployment',
  deploy: 'Deployment',
  service: 'Service',
};

let synthesized: Manifest[] | undefined;

/** Each named file and object is written by a synth, and kubectl accepts the command. */
async function namesExistingObjects(command: string): Promise<void> {
  await isAccepted(command, ROOT);
}

/** The same in a directory with the files of a change of the password. */
async function readsOrWritesFiles(command: string): Promise<void> {
  const lab = new Lab();
  try {
    for (const name of ['old', 'new', 'password']) lab.write(name, 'a password');
    await isAccepted(command, lab.dir);
  } finally {
    await lab.close();
  }
}

async function isAccepted(command: string, directory: string): Promise<void> {
  for (const [file] of command.matchAll(/\S+\.k8s\.yaml/g)) expect(fs.existsSync(path.join(ROOT, file))).toBe(true);
  const objects = (synthesized ??= objectsIn(filesOf(path.join(ROOT, 'dist'))));
  for (const [, kind, name] of command.matchAll(/(?<=\s)(\w+)\/(unit-1[\w-]*)(?=\s|$)/g)) {
    expect(Object.keys(named(objects, KINDS[kind]))).toContain(name);
  }
  for (const [, pod] of command.matchAll(/ (unit-1-redis)-\d+ /g)) {
    expect(Object.keys(named(objects, 'StatefulSet'))).toContain(pod);
  }
  for (const [, namespace] of command.matchAll(/ -n (\S+)/g)) {
    expect(Object.keys(named(objects, 'Namespace'))).toContain(namespace);
  }
  const lab = new Lab();
  try {
    const output = await (await Kubectl.of(lab)).say(command, directory);
    expect([output, isUnderstood(output)]).toEqual([expect.any(String), true]);
  } finally {
    await lab.close();
  }
}

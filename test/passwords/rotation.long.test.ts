// A change of the password of a fleet with replicas under load: no command fails, whatever dies, and nothing accepts the former
// password at the end.

import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import { connect, PASSWORD } from '../lab/clients';
import { describe as inWords } from '../lab/history';
import { Lab, until } from '../lab/lab';
import { Load } from '../lab/load';
import { LabReplicas } from '../lab/replicas';
import { type Rotation, rotationOf } from '../lab/rotation';

/** With everything that breaks a shell, a configuration or YAML, and a line break at the end. */
const NEXT = 'next \'one\' "two" \\x41 $HOME #! {} é😀\n';

const loads: Load[] = [];
let lab: Lab;
let fleet: LabReplicas;
let rotation: Rotation;
let isStopped = false;
beforeAll(async () => {
  lab = new Lab();
  fleet = await LabReplicas.start(lab, {
    servers: 2,
    proxyCount: 0,
    proxies: { shutdownDelay: Duration.seconds(1) },
    secretValue: PASSWORD,
    secondValue: '',
  });
  rotation = rotationOf(lab, fleet, PASSWORD);
});
afterAll(async () => {
  isStopped = true;
  await Promise.all(loads.map((load) => load.end()));
  await lab.close();
});

async function load(port: number, password: string): Promise<Load> {
  const { fleet: synthesized, ordinals } = fleet;
  const started = await Load.start({
    ports: [port],
    password,
    shards: ordinals.length,
    shardOf: (key) => synthesized.ordinalOf(key),
    clients: 8,
    operationsPerSecond: 400,
    // A stall of a program is no failure.
    timeoutMs: 30_000,
  });
  loads.push(started);
  return started;
}

async function judge(ended: Load): Promise<void> {
  const { violations, lost, errors, acknowledgedWrites } = await ended.stop();
  expect([errors, violations.map(inWords), lost]).toEqual([{}, [], []]);
  expect(acknowledgedWrites).toBeGreaterThan(0);
}

async function diesAt(step: string, ...args: string[]): Promise<void> {
  const program = rotation.start(args, step);
  expect([step, await program.exit()]).toEqual([step, null]);
}

async function succeeds(...args: string[]): Promise<void> {
  const { code, output } = await rotation.run(...args);
  expect([args, code, output]).toEqual([args, 0, expect.any(String)]);
}

async function fails(code: number, message: string, ...args: string[]): Promise<void> {
  expect([args, await rotation.run(...args)]).toEqual([
    args,
    { code, output: expect.stringContaining(message) as string },
  ]);
}

/** Runs retire until it succeeds. */
async function retires(): Promise<void> {
  let last = '';
  await until('retire succeeds', async () => {
    const { code, output } = await rotation.run('retire', '--watch', '2');
    last = output;
    return code === 0;
  }).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; it printed:\n${last}`);
  });
}

test('a fleet changes its password without a failed command, and a killed program is just run again', async () => {
  const oldProxy = fleet.fleet.proxyPod();
  await oldProxy.start();
  const oldPort = fleet.fleet.proxyPort;
  const before = await load(oldPort, PASSWORD);
  await succeeds('status');

  // The next password is the second one.
  rotation.switchTo({ current: PASSWORD, second: NEXT });
  await fails(4, 'does not accept the second password', 'status');
  for (const step of ['apply.accepted', 'apply.masterauth']) await diesAt(step, 'apply');
  await succeeds('apply');
  expect(await rotation.accepting(NEXT)).toHaveLength(7);
  await succeeds('status');

  // The switch: everything that starts from now on sends the next one.
  rotation.switchTo({ current: NEXT, second: PASSWORD });
  await fails(4, 'sends another password than the first one: run apply', 'status');
  for (const step of ['apply.masterauth', 'apply.monitored', 'apply.sent']) await diesAt(step, 'apply');
  await succeeds('apply');
  await succeeds('status');
  const newProxy = await fleet.fleet.addProxy();
  const after = await load(newProxy.ports.proxy, NEXT);

  // The proxy that still has the former password is found, although Redis cannot tell.
  await fails(3, 'the proxy 127.0.0.1 has another password', 'retire', '--watch', '1');
  expect(await rotation.accepting(PASSWORD)).toHaveLength(7);
  await judge(before);
  await oldProxy.stop();

  // A client that opens a new connection with the old password now and then.
  const replies: string[] = [];
  const late = (async () => {
    while (!isStopped) {
      const client = connect(fleet.fleet.portOf(0), PASSWORD, { retryStrategy: () => null });
      replies.push(await client.ping().catch((error: unknown) => (error as Error).message));
      client.disconnect();
      await sleep(200);
    }
  })();
  await fails(3, 'still in use, so it was given back', 'retire', '--watch', '10');
  expect(await rotation.accepting(PASSWORD)).toHaveLength(7);
  expect(replies.filter((reply) => reply !== 'PONG')).not.toEqual([]);
  // The connection that is open now may have been rejected before.
  const since = replies.length + 1;
  await until('it has connected again', () => replies.length > since + 2);
  expect(new Set(replies.slice(since))).toEqual(new Set(['PONG']));
  isStopped = true;
  await late;

  await diesAt('retire.removed', 'retire', '--watch', '1');
  await sleep(1000);
  await retires();
  expect(await rotation.accepting(PASSWORD)).toEqual([]);
  expect(await rotation.accepting(NEXT)).toHaveLength(7);
  await fails(4, 'after retire remove it from the Secret', 'status');

  rotation.switchTo({ current: NEXT });
  await succeeds('status');
  const job = await fleet.fleet.passwordJobPod('status').start();
  expect([await job.exit(), job.output]).toEqual([0, expect.stringContaining('2 of 2 shards are done')]);
  await judge(after);
  await newProxy.pod.stop();
});

test('the pods of before the change hand over, fail over and restart with the new password', async () => {
  // The environment of these containers has the former password.
  await fleet.server(0, 'a').stop();
  await fleet.startServer(0, 'a');
  await fleet.untilReplicated();
  expect(await fleet.masterOf(0)).toBe('b');
  await fleet.untilEligible([1]);
  await fleet.server(1, 'a').program('redis').stop('SIGKILL');
  await until('the Sentinels replace it', async () => (await fleet.masterOf(1)) === 'b');
  await fleet.startServer(1, 'a');
  await fleet.untilReplicated();
  expect(await rotation.accepting(PASSWORD)).toEqual([]);
  await succeeds('status');
});

test('a server and a Sentinel that restart in the middle accept both, as the others', async () => {
  const third = 'third';
  rotation.switchTo({ current: NEXT, second: third });
  await succeeds('apply');
  rotation.switchTo({ current: third, second: NEXT });
  // They restart before the program has told the others.
  await fleet.server(0, 'a').stop();
  await fleet.startServer(0, 'a');
  await fleet.sentinel(0).stop();
  await fleet.startSentinel(0);
  await fleet.untilReplicated();
  await succeeds('apply');
  expect([await rotation.accepting(NEXT), await rotation.accepting(third)].map(({ length }) => length)).toEqual([7, 7]);
  await retires();
  rotation.switchTo({ current: third });
  await succeeds('status');
});

// A fleet moves to a Redis Cluster with TLS by the charts of both, under load: from TLS only, and from a fleet without TLS. The Jobs verify the
// names of all servers, with the authorities of each side, and say what is wrong with a certificate.

import { App } from 'cdk8s';
import { ReshardPhase } from '../../lib';
import { Authority, type CertificateSecret } from '../lab/certificates';
import { LabClusterPods } from '../lab/cluster-pods';
import { Lab, until } from '../lab/lab';
import { type Load } from '../lab/load';
import { expectNothingLost, untilMoreWrites } from '../lab/load-checks';
import { PASSWORD } from '../lab/reshard';
import { LabReshardCharts, type LabReshardChartsProps } from '../lab/reshard-charts';
import { clusterIn } from '../lab/reshard-stage';

const { RESHARDING, RESHARDED } = ReshardPhase;
const RING = [1, 1, 1];
const SECRET = 'nodes';

let lab: Lab;
let load: Load | undefined;
let fleet: LabReshardCharts | undefined;
beforeEach(() => {
  lab = new Lab();
  load = undefined;
  fleet = undefined;
});
afterEach(async () => {
  await load?.end();
  await fleet?.close();
  await lab.close();
});

interface Stage {
  readonly fleet: LabReshardCharts;
  readonly cluster: LabClusterPods;
  readonly load: Load;
  /** A certificate for these names, or for those of all nodes. */
  readonly issue: (names?: readonly string[], days?: number) => CertificateSecret;
}

/** The nodes have authorities of their own. */
async function prepared(props: Partial<LabReshardChartsProps>): Promise<Stage> {
  const authority = new Authority(lab, 'of the nodes');
  const construct = clusterIn(new App(), true);
  const issue = (names: readonly string[] = construct.tlsNames, days = 10): CertificateSecret =>
    authority.issue(names, { noAddress: true, days });
  const cluster = new LabClusterPods({
    lab,
    cluster: construct,
    password: PASSWORD,
    secret: 'fleet-redis',
    certificates: { [SECRET]: issue() },
  });
  const { first = RING } = props;
  fleet = await LabReshardCharts.start(lab, { first, mostShards: first.length, cluster, ...props });
  load = await fleet.load({ operationsPerSecond: 1000 });
  await fleet.apply({ rings: [first], phase: RESHARDING, toCluster: true });
  await cluster.start();
  await cluster.create();
  await cluster.settled();
  return { fleet, cluster, load, issue };
}

/** Waits until clients that use the wrong servers have been refused. */
async function refused(): Promise<void> {
  const count = (): number =>
    Object.entries(load?.errors ?? {}).reduce((sum, [text, n]) => sum + (text.startsWith('NOPERM') ? n : 0), 0);
  const before = count();
  await until('clients are refused', () => count() > before + 100);
}

async function toCluster({ fleet: moved, cluster, load: clients }: Stage): Promise<void> {
  await moved.runJob('switch');
  await refused();
  clients.routeToCluster(cluster.seeds, cluster.client);
  await untilMoreWrites(clients);
}

test('a fleet with TLS only moves, returns, and moves again; wrong certificates are named', async () => {
  const stage = await prepared({ hasTls: true });
  const { cluster, issue } = stage;
  const loaded = async (secret: CertificateSecret): Promise<void> => {
    const count = (): number => cluster.node(5).output.split('the changed certificate is loaded').length;
    const before = count();
    cluster.renew(SECRET, secret, [5]);
    await until('the certificate is loaded', () => count() > before);
  };
  for (const [secret, problem] of [
    [issue(undefined, -1), /fleet-cluster-5:6389: its certificate .* is refused: certificate has expired; renew it/],
    [
      issue(['other']),
      /fleet-cluster-5:6389: its certificate of other .* is refused: .*issue it for the name of this server/,
    ],
  ] as const) {
    await loaded(secret);
    expect(await stage.fleet.endOfJob('preflight')).toEqual([3, expect.stringMatching(problem)]);
  }
  await loaded(issue());

  expect(await stage.fleet.runJob('preflight')).toMatch(/\d+ keys with .* would move/);
  const keys = await stage.fleet.fill(200);
  const contents = await stage.fleet.contents(keys, 'a');
  const copy = await stage.fleet.copyJob();
  expect(await stage.fleet.runJob('verify')).toContain('moving keys are the same on both rings');
  await toCluster(stage);
  expect(await stage.fleet.contents(keys, 'b')).toEqual(contents);

  // Renewed while the cluster serves, and a drain.
  const errors = { ...stage.load.errors };
  cluster.renew(SECRET, issue());
  await untilMoreWrites(stage.load, 1000);
  expect(stage.load.errors).toEqual(errors);
  await cluster.stop(2);
  await cluster.start([2]);
  await cluster.settled();
  await copy.followsAgain();

  await stage.fleet.runJob('return');
  await refused();
  stage.load.routeTo(stage.fleet.proxyPorts);
  await untilMoreWrites(stage.load);
  expect(await stage.fleet.contents(keys, 'a')).toEqual(contents);

  await toCluster(stage);
  await stage.fleet.apply({ rings: [RING], phase: RESHARDED, toCluster: true });
  expect(await stage.fleet.runJob('status')).toContain('serves B');
  await copy.stop();
  await stage.fleet.runJob('purge');

  // A node that has lost its disk asks the others by TLS whether clients may use it, and then becomes a master.
  await cluster.kill(5);
  cluster.removeDisk(5);
  await cluster.start([5]);
  expect(await cluster.create()).toContain('adding fleet-cluster-5');
  await cluster.settled();
  await cluster.stop(4);
  expect(await cluster.masters()).toContain(5);
  await untilMoreWrites(stage.load);
  expect(await stage.fleet.contents(keys, 'b')).toEqual(contents);
  load = undefined;
  await expectNothingLost(stage.load);
});

test('a fleet without TLS moves to a Redis Cluster with it', async () => {
  const stage = await prepared({});
  const copy = await stage.fleet.copyJob();
  await toCluster(stage);
  await copy.stop();
  load = undefined;
  await expectNothingLost(stage.load);
});

test('a fleet with TLS and replicas moves, and returns, while masters of both change', async () => {
  const stage = await prepared({ hasTls: true, hasReplicas: true, first: [1, 1] });
  const { fleet: moved, cluster } = stage;
  const keys = await moved.fill(100);
  const contents = await moved.contents(keys, 'a');
  const copy = await moved.copyJob();
  await toCluster(stage);
  expect(await moved.contents(keys, 'b')).toEqual(contents);
  await moved.restart(0, 'a');
  await moved.untilReplicated();
  await cluster.stop(4);
  await cluster.start([4]);
  await cluster.settled();
  await copy.followsAgain();
  await moved.runJob('return');
  await refused();
  stage.load.routeTo(moved.proxyPorts);
  await untilMoreWrites(stage.load);
  expect(await moved.contents(keys, 'a')).toEqual(contents);
  await copy.stop();
  load = undefined;
  await expectNothingLost(stage.load);
});

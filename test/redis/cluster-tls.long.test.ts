// The pods of a synthesized Redis Cluster with TLS: created although its Job is killed, restarted, renewed and handed over under load, with
// clients that verify the names of all nodes; and what the Job says of wrong certificates.

import * as net from 'node:net';
import { Duration, Size } from 'cdk8s';
import { AppendFsync, type ClusterTls, RedisCluster, RedisConfig, ShardStorage } from '../../lib';
import { busyboxPath } from '../lab/busybox';
import { Authority, type CertificateSecret, trusting } from '../lab/certificates';
import { PASSWORD } from '../lab/clients';
import { killAll, LabClusterPods } from '../lab/cluster-pods';
import { Lab, until } from '../lab/lab';
import { Load } from '../lab/load';
import { expectNothingLost, untilMoreWrites } from '../lab/load-checks';
import { chart } from '../lab/synth';

const PLAIN_PORT = 6379;
const SECRET = 'cart-tls';

let lab: Lab;
let loads: Load[];
beforeEach(() => {
  lab = new Lab();
  loads = [];
});
afterEach(async () => {
  await Promise.all(loads.map((load) => load.end()));
  await lab.close();
});

function clusterWith(tls: Partial<ClusterTls> | 'none' = {}, replicas = 1): RedisCluster {
  return new RedisCluster(chart('shop'), 'cluster', {
    name: 'cart',
    masters: 3,
    replicas,
    storage: ShardStorage.nfs({ server: 'nfs', path: '/export', capacity: Size.gibibytes(1) }),
    password: { name: 'cart' },
    nodeTimeout: Duration.seconds(5),
    // A kill must not lose acknowledged writes.
    config: RedisConfig.of({ appendfsync: AppendFsync.ALWAYS }),
    ...(tls !== 'none' && { tls: { secretName: SECRET, ...tls } }),
  });
}

function podsOf(certificate: CertificateSecret, cluster = clusterWith(), path?: string): LabClusterPods {
  return new LabClusterPods({
    lab,
    cluster,
    password: PASSWORD,
    secret: 'cart',
    certificates: { [SECRET]: certificate },
    path,
  });
}

async function created(nodes: LabClusterPods): Promise<void> {
  await nodes.start();
  await nodes.create();
  await nodes.settled();
}

/** Clients of the cluster, which write and read all the time. */
async function loadOf(client: Pick<LabClusterPods, 'seeds' | 'client'>): Promise<Load> {
  const cluster = { nodes: client.seeds, client: client.client };
  const all = { ports: [], password: PASSWORD, shards: 1, shardOf: () => 0, keysPerShard: 60 };
  const load = await Load.start({ ...all, clients: 4, operationsPerSecond: 400, cluster });
  loads.push(load);
  return load;
}

/** Whether a server replies to PING without TLS. */
async function repliesWithoutTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port }, () => socket.write('PING\r\n'));
    // With a reply to PING before its login, it says NOAUTH.
    socket.once('data', (data) => {
      socket.destroy();
      resolve(/^[+-]/.test(data.toString()));
    });
    for (const event of ['error', 'close']) {
      socket.once(event, () => {
        resolve(false);
      });
    }
  });
}

test('the Job is killed and creates it; clients verify names; it heals, is renewed and hands over without an error', async () => {
  const [former, next] = [new Authority(lab, 'former'), new Authority(lab, 'next')];
  const cluster = clusterWith();
  // No certificate has an address, so clients can only verify names. While an authority is replaced, all trust both.
  const issuedBy = (authority: Authority): CertificateSecret =>
    trusting(authority.issue(cluster.tlsNames, { noAddress: true }), former, next);
  const nodes = podsOf(issuedBy(former), cluster);
  await nodes.start();
  const killed = await nodes.startJob();
  await until('the Job adds a replica', () => killed.output.includes('adding cart-1') || !killed.running);
  killAll(killed);
  await nodes.create();
  await nodes.settled();
  expect(await nodes.masters()).toEqual([0, 2, 4]);

  // Nothing is without TLS, not even the bus.
  for (const { host } of nodes.addresses) {
    const ports = [PLAIN_PORT, 6389, PLAIN_PORT + 10_000, 16_389];
    expect(await Promise.all(ports.map((port) => repliesWithoutTls(host, port)))).toEqual([false, false, false, false]);
  }
  expect(await nodes.on(3, (client) => client.config('GET', 'port'))).toEqual(['port', '0']);
  const slots = async (): Promise<string> => JSON.stringify(await nodes.on(0, (client) => client.cluster('SLOTS')));
  await until('a client is told all names', async () => {
    const told = await slots();
    return cluster.tlsNames.every((name) => told.includes(`"${name}",6389`));
  });

  const load = await loadOf(nodes);
  nodes.renew(SECRET, issuedBy(next));
  for (const n of nodes.ordinals) {
    await until('the certificate is loaded', () => nodes.node(n).output.includes('the changed certificate is loaded'));
  }
  await untilMoreWrites(load);
  expect(load.errors).toEqual({});

  await nodes.stop(0);
  expect(await nodes.masters()).toEqual([1, 2, 4]);
  await nodes.start([0]);
  await nodes.settled();
  expect(await nodes.probe(0, 'readinessProbe')).toBe(0);
  await untilMoreWrites(load);

  await nodes.restartWithOtherAddresses();
  await nodes.settled();
  await untilMoreWrites(load);
  await expectNothingLost(load);
  loads = [];
});

test('clients without TLS use a port of their own, which is closed and opened again under load', async () => {
  const both = clusterWith({ plainPort: true });
  const nodes = podsOf(new Authority(lab, 'lab').issue(both.tlsNames, { noAddress: true }), both);
  await created(nodes);
  // Each kind is told its own ports, also by MOVED.
  const plain = nodes.plainClient(PLAIN_PORT);
  const [byTls, without] = [await loadOf(nodes), await loadOf({ seeds: plain.nodes, client: plain.client })];
  await nodes.stop(2);
  expect(await nodes.masters()).toEqual([0, 3, 4]);
  await nodes.start([2]);
  await nodes.settled();
  await untilMoreWrites(byTls);
  await untilMoreWrites(without);
  await expectNothingLost(without);

  await nodes.roll(clusterWith());
  await untilMoreWrites(byTls);
  for (const { host } of nodes.addresses) expect(await repliesWithoutTls(host, PLAIN_PORT)).toBe(false);
  await nodes.roll(both);
  const again = await loadOf({ seeds: plain.nodes, client: plain.client });
  await untilMoreWrites(byTls);
  for (const load of [byTls, again]) await expectNothingLost(load);
  loads = [];
});

test('with the tools of an Alpine image, the Job creates it, a master hands over, and does not start without TLS', async () => {
  const cluster = clusterWith();
  const nodes = podsOf(new Authority(lab, 'lab').issue(cluster.tlsNames), cluster, busyboxPath(lab));
  await created(nodes);
  await nodes.stop(0);
  expect(await nodes.masters()).toEqual([1, 2, 4]);
  expect(await nodes.refusal(0, clusterWith('none'))).toContain(
    'its cluster has the port 6389, and this version of the charts 6379: ports and tls cannot change',
  );
  await nodes.start([0]);
  await nodes.settled();
});

test('with a certificate for servers only, nodes do not meet; the Job says why, and makes them a cluster when it is renewed', async () => {
  const authority = new Authority(lab, 'lab');
  const cluster = clusterWith({}, 0);
  const nodes = podsOf(authority.issue(cluster.tlsNames, { usage: 'serverAuth' }), cluster);
  await nodes.start();
  const job = await nodes.startJob();
  await until('the Job says why', () => job.output.includes('if it has an extended key usage, also for clients'));
  killAll(job);
  nodes.renew(SECRET, authority.issue(cluster.tlsNames));
  for (const n of nodes.ordinals) {
    await until('the certificate is loaded', () => nodes.node(n).output.includes('the changed certificate is loaded'));
  }
  await nodes.create();
  expect(await nodes.masters()).toEqual([0, 1, 2]);
});

test('the Job waits for a node whose certificate is wrong, says what to do, and goes on when it is renewed', async () => {
  const authority = new Authority(lab, 'lab');
  const foreign = new Authority(lab, 'foreign');
  const cluster = clusterWith();
  const right = authority.issue(cluster.tlsNames);
  const nodes = podsOf(right, cluster);
  const wrong = { expired: authority.issue([], { days: -1 }), foreign: trusting(foreign.issue([]), authority) };
  await nodes.start();
  for (const [what, secret] of Object.entries(wrong)) {
    nodes.renew(SECRET, secret, [3]);
    await until(
      `${what} is loaded`,
      () => nodes.node(3).output.split('is loaded').length === 2 + Object.keys(wrong).indexOf(what),
    );
    const job = await nodes.startJob();
    await until('the Job waits', () => job.output.includes('renew its certificate'));
    expect(job.output).toMatch(
      /waiting: cart-3\.shop\.svc\.cluster\.local\.:6389 does not answer: .*certificate verify failed; renew its certificate \(Secret cart-tls\), or add the authority that issued it to ca\.crt \(Secret cart-tls\)/,
    );
    killAll(job);
  }
  nodes.renew(SECRET, right, [3]);
  await nodes.create();
  await nodes.settled();
});

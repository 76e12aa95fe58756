// Which users may use the shards and the nodes of a Redis Cluster, before, during and after a move.

import { longTest } from '../lab/cases';
import { connect } from '../lab/clients';
import { connectToCluster } from '../lab/cluster';
import { Lab } from '../lab/lab';
import { LabReshardCluster } from '../lab/reshard-cluster';
import { PASSWORD } from '../lab/reshard';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

const SMALL = { shards: 2, masters: 3 };

async function refusal(fleet: LabReshardCluster, command: string): Promise<string> {
  const program = fleet.start(command);
  expect([await program.exit(), program.output]).toEqual([3, expect.any(String)]);
  return program.output;
}

test('a cluster that is in use is refused, and stays as it is', async () => {
  const fleet = await LabReshardCluster.create(lab, SMALL);
  await fleet.cluster.onNode(fleet.cluster.ports[1], async (client) => {
    await client.call('ACL', 'SETUSER', 'reader', 'on', '>password', '%R~cart:*', '+get');
    await client.call('ACL', 'SETUSER', 'metrics', 'on', '>password', '+info');
  });
  for (const command of ['preflight', 'copy']) {
    const output = await refusal(fleet, command);
    expect(output).toContain('user reader has keys of the Redis Cluster, which no fence takes away');
    expect(output).not.toContain('metrics');
  }
  await fleet.cluster.withClient((client) => client.set('another', 'application'));
  expect(await refusal(fleet, 'copy')).toContain('its clients would be locked out');
  const client = connectToCluster(fleet.cluster.ports, PASSWORD);
  expect(await client.get('another')).toBe('application');
  client.disconnect();
});

longTest('a ring whose proxies log in as ring-2 moves, and back', async () => {
  const fleet = await LabReshardCluster.create(lab, SMALL);
  fleet.plan = { ...fleet.plan, a: { ...fleet.plan.a, user: 'ring-2' } };
  for (const ordinal of fleet.ordinals) {
    await fleet.onServer(ordinal, (client) =>
      client.call('ACL', 'SETUSER', 'ring-2', 'on', `>${PASSWORD}`, '~*', '+@all'),
    );
  }
  expect(await refusal(fleet, 'copy')).toContain('user default has keys (~*), and would keep them behind the fence');
  for (const ordinal of fleet.ordinals) {
    await fleet.onServer(ordinal, (client) => client.call('ACL', 'SETUSER', 'default', 'resetkeys'));
  }
  const keys = await fleet.fill(50);
  await fleet.copy();
  expect(await allowed(fleet)).toEqual(['ring-2 on the shards']);
  await fleet.run('switch');
  expect(await allowed(fleet)).toEqual(['default on the nodes']);
  expect(Object.keys(await fleet.contents(keys, 'b')).length).toBeGreaterThan(0);
  await fleet.run('return');
  expect(await allowed(fleet)).toEqual(['ring-2 on the shards']);
});

/** Which users may use keys on the shards, and on the nodes. Throws if the servers of a kind differ. */
async function allowed(fleet: LabReshardCluster): Promise<string[]> {
  const places = { shards: fleet.plan.shards.map(({ port }) => port), nodes: fleet.cluster.ports };
  const found = await Promise.all(
    ['default', 'ring-2'].flatMap((user) =>
      Object.entries(places).map(async ([place, ports]) => {
        const all = await Promise.all(ports.map((port) => mayUseKeys(port, user)));
        if (new Set(all).size > 1) throw new Error(`${user} may use keys on some ${place}: ${all.join(', ')}`);
        return all[0] ? [`${user} on the ${place}`] : [];
      }),
    ),
  );
  return found.flat();
}

async function mayUseKeys(port: number, username: string): Promise<boolean> {
  const client = connect(port, PASSWORD, { username, retryStrategy: () => null, lazyConnect: true });
  try {
    await client.connect();
    await client.get('key');
    return true;
  } catch (error) {
    // The owner of its slot may be another node.
    return (error as Error).message.startsWith('MOVED');
  } finally {
    client.disconnect();
  }
}

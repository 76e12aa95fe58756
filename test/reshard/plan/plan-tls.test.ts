// The shards of a plan and the nodes of a Redis Cluster have trusts of their own.

import { RedisServer } from '../../../migrator/redis/server';
import { trustAuthoritiesIn } from '../../../migrator/redis/tls';
import { type ReshardPlan } from '../../../reshard/plan/plan';
import { trustNodes } from '../../../reshard/plan/plan-tls';
import { Authority, startTlsServer } from '../../lab/certificates';
import { accepts, freePort, Lab } from '../../lab/lab';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});
afterEach(() => lab.close());

/** Only what the trust depends on. */
function planOf(port: number, cluster: readonly number[]): ReshardPlan {
  const address = (one: number): { host: string; port: number } => ({ host: '127.0.0.1', port: one });
  return { shards: [{ shard: 0, ...address(port) }], b: { cluster: cluster.map(address) } } as unknown as ReshardPlan;
}

async function refusal(port: number): Promise<string> {
  const found = await RedisServer.connect(`127.0.0.1:${port}`).catch((error: unknown) => (error as Error).message);
  if (typeof found === 'string') return found;
  found.close();
  return '';
}

test('shards without TLS stay so, and shards with it keep their authorities', async () => {
  const [ofShards, ofNodes] = ['of the shards', 'of the nodes'].map((name) => new Authority(lab, name));
  const [shard, node] = [await startTlsServer(lab, ofShards.issue([])), await startTlsServer(lab, ofNodes.issue([]))];
  const plain = await freePort();
  const server = lab.start('redis-server', ['--port', `${plain}`, '--save', '']);
  await server.ready(() => accepts(plain));
  const file = lab.write('nodes.crt', ofNodes.certificate);
  trustNodes(planOf(plain, [node.port]), { 'cluster-tls-ca': file });
  expect(await Promise.all([plain, node.port].map(refusal))).toEqual(['', '']);
  trustAuthoritiesIn(lab.write('shards.crt', ofShards.certificate));
  trustNodes(planOf(shard.port, [node.port]), { 'cluster-tls-ca': file });
  expect(await Promise.all([shard.port, node.port].map(refusal))).toEqual(['', '']);
  // What a cluster names later is a node.
  const other = await startTlsServer(lab, ofShards.issue([]));
  expect(await refusal(other.port)).toContain(`add the authority that issued it to ${file}`);
});

test('authorities of nodes need a Redis Cluster, and certificates', () => {
  const ring = { shards: [], b: { servers: [] } } as unknown as ReshardPlan;
  expect(() => {
    trustNodes(ring, { 'cluster-tls-ca': 'x' });
  }).toThrow('--cluster-tls-ca: the plan has no Redis Cluster; omit the option');
  const file = lab.write('empty', '');
  expect(() => {
    trustNodes(planOf(1, [2]), { 'cluster-tls-ca': file });
  }).toThrow(`--cluster-tls-ca: ${file} has no certificate in PEM; give a file with certificates in PEM`);
});

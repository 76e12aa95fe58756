// Fields without a prop: patches of one object, of all objects of a construct, and objects of other kinds.

import * as path from 'node:path';
import { ApiObject, App, Chart, JsonPatch, Size } from 'cdk8s';
import { FleetCharts, NutcrackerConfig, ShardStorage } from '../../lib';

export function escapeHatches(app: App): void {
  const fleet = new FleetCharts(app, 'open', {
    namespace: 'open',
    pool: NutcrackerConfig.fromFile(path.join(__dirname, 'carts.yml')).pool(),
    storage: ShardStorage.claimTemplate({ capacity: Size.gibibytes(20) }),
    proxies: { image: 'registry.example.net/twemproxy:0.5.0' },
  });
  const { redis, proxies } = fleet;

  // One object.
  redis.statefulSet.addJsonPatch(JsonPatch.add('/spec/minReadySeconds', 10));
  redis.service.metadata.addAnnotation('example.net/owner', 'team-carts');

  // OpenShift assigns user IDs, and rejects a fixed one.
  for (const workload of [redis.statefulSet, proxies.deployment]) {
    for (const field of ['runAsUser', 'runAsGroup', 'fsGroup']) {
      workload.addJsonPatch(JsonPatch.remove(`/spec/template/spec/securityContext/${field}`));
    }
  }

  // Every Service of the shards.
  for (const node of redis.node.findAll()) {
    if (ApiObject.isApiObject(node) && node.kind === 'Service') {
      node.metadata.addLabel('example.net/monitored', 'yes');
    }
  }

  // A kind that is not in cdk8s-plus.
  const monitoring = new Chart(app, 'open-60-monitoring', { namespace: 'open' });
  new ApiObject(monitoring, 'rule', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'shards' },
    spec: { groups: [] },
  });
}

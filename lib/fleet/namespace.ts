// The namespace of fleets.

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { MANAGED_BY } from '../common/labels';

/** Does not name the fleet: several fleets can share the namespace, and it outlives each of them. */
export function createNamespace(scope: Construct, id: string, namespace: string): Chart {
  const modes = ['enforce', 'audit', 'warn'];
  const chart = new Chart(scope, id);
  new k8s.KubeNamespace(chart, 'namespace', {
    metadata: {
      name: namespace,
      labels: {
        'app.kubernetes.io/managed-by': MANAGED_BY,
        ...Object.fromEntries(modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'])),
      },
    },
  });
  return chart;
}

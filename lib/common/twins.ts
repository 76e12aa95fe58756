// Two objects of one kind and name in one file: the second would overwrite the first.

import { ApiObject, Chart } from 'cdk8s';
import { type Construct } from 'constructs';

const watched = new WeakSet<Chart>();

/**
 * Has the synth fail if the chart of the construct has two objects of one kind and name. Other charts may be for another
 * cluster, and are not looked at.
 */
export function refuseTwins(scope: Construct): void {
  const chart = Chart.of(scope);
  if (watched.has(chart)) return;
  watched.add(chart);
  chart.node.addValidation({ validate: () => twins(chart) });
}

function twins(chart: Chart): string[] {
  const first = new Map<string, ApiObject>();
  return chart.node.findAll().flatMap((node) => {
    if (!ApiObject.isApiObject(node)) return [];
    const identity = `${node.apiGroup} ${node.kind} ${node.metadata.namespace ?? ''} ${node.name}`;
    const twin = first.get(identity);
    first.set(identity, twin ?? node);
    return twin
      ? [`${twin.node.path} and ${node.node.path} are both ${node.kind} ${node.name}; rename one of them`]
      : [];
  });
}

// Two objects of one kind and name in one file: the second would overwrite the first.

import { ApiObject, Chart } from 'cdk8s';
import { type Construct, type IConstruct } from 'constructs';

const watched = new WeakSet<Chart>();

/**
 * Has the synth fail if the chart of the construct has two objects of one kind and name. Other charts may be for another
 * cluster, and are not looked at.
 */
export function refuseTwins(scope: Construct): void {
  const chart = Chart.of(scope);
  if (watched.has(chart)) return;
  watched.add(chart);
  let seen: IConstruct[] = [];
  let problems: string[] = [];
  // cdk8s asks once for each file of the app; names do not change, only what is there.
  const validate = (): string[] => {
    const nodes = chart.node.findAll();
    if (nodes.length !== seen.length || nodes.some((node, i) => node !== seen[i])) problems = twins(nodes);
    seen = nodes;
    return problems;
  };
  chart.node.addValidation({ validate });
}

function twins(nodes: IConstruct[]): string[] {
  const first = new Map<string, ApiObject>();
  return nodes.flatMap((node) => {
    if (!ApiObject.isApiObject(node)) return [];
    const identity = `${node.apiGroup} ${node.kind} ${node.metadata.namespace ?? ''} ${node.name}`;
    const twin = first.get(identity);
    first.set(identity, twin ?? node);
    return twin
      ? [`${twin.node.path} and ${node.node.path} are both ${node.kind} ${node.name}; rename one of them`]
      : [];
  });
}

// Detects two objects with the same kind and name in a file: the second would overwrite the first.

import { ApiObject, Chart } from 'cdk8s';
import { type Construct, type IConstruct } from 'constructs';

const watched = new WeakSet<Chart>();

/**
 * Fails the synth if the construct's chart has two objects with the same kind and name. Other charts may be for another
 * cluster and are not checked.
 */
export function refuseDuplicates(scope: Construct): void {
  const chart = Chart.of(scope);
  if (watched.has(chart)) return;
  watched.add(chart);
  let seen: IConstruct[] = [];
  let problems: string[] = [];
  // cdk8s validates once for each file of the app. Names never change, so only a changed set of nodes needs a new check.
  const validate = (): string[] => {
    const nodes = chart.node.findAll();
    if (nodes.length !== seen.length || nodes.some((node, i) => node !== seen[i])) problems = duplicates(nodes);
    seen = nodes;
    return problems;
  };
  chart.node.addValidation({ validate });
}

function duplicates(nodes: IConstruct[]): string[] {
  const first = new Map<string, ApiObject>();
  return nodes.flatMap((node) => {
    if (!ApiObject.isApiObject(node)) return [];
    const identity = `${node.apiGroup} ${node.kind} ${node.metadata.namespace ?? ''} ${node.name}`;
    const other = first.get(identity);
    first.set(identity, other ?? node);
    return other
      ? [`${other.node.path} and ${node.node.path} are both ${node.kind} ${node.name}; rename one of them`]
      : [];
  });
}

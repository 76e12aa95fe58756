// The objects that a construct synthesizes, for tests.

import { ApiObject, App, Chart } from 'cdk8s';
import { type Construct } from 'constructs';

/** Any Kubernetes object. */
export type Manifest = Record<string, any>;

/** A chart in its own app. */
export function chart(namespace?: string): Chart {
  return new Chart(new App(), 'chart', { namespace });
}

/** Every object below a construct, in the order of the output. */
export function manifests(construct: Construct): Manifest[] {
  return construct.node.findAll().flatMap((node) => (ApiObject.isApiObject(node) ? [node.toJson() as Manifest] : []));
}

/** The objects of a kind. */
export function ofKind(construct: Construct, kind: string): Manifest[] {
  return manifests(construct).filter((manifest) => manifest.kind === kind);
}

/** The only object of a kind. */
export function theOnly(construct: Construct, kind: string): Manifest {
  const found = ofKind(construct, kind);
  if (found.length !== 1) throw new Error(`there are ${found.length} objects of kind ${kind}`);
  return found[0];
}

/** The validation errors at synth. */
export function validationErrors(construct: Construct): string[] {
  return construct.node.findAll().flatMap((node) => node.node.validate());
}

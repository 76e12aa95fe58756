// What a test looks at: the objects that a construct synthesizes.

import { ApiObject, App, Chart } from 'cdk8s';
import { type Construct } from 'constructs';

/** Any object, as far as tests look into it. */
export type Manifest = Record<string, any>;

/** A chart in an app of its own. */
export function chart(namespace?: string): Chart {
  return new Chart(new App(), 'chart', { namespace });
}

/** Every object below a construct, in order, as it would be written. */
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

/** The errors that validation at synth finds. */
export function validationErrors(construct: Construct): string[] {
  return construct.node.findAll().flatMap((node) => node.node.validate());
}

// Checks of what is written, patches included. cdk8s validates the whole app once for each file that it writes; what was
// found holds until an object is patched.

import { type ApiObject, type JsonPatch } from 'cdk8s';
import { type Construct } from 'constructs';

/** An object as it is written. */
export interface Manifest {
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly data: Record<string, string>;
}

/** Finds what is wrong, a text each. */
type Check = (...manifests: Manifest[]) => string[];

/** Has the synth fail with what the check finds in the manifests of the objects. */
export function checkWritten(scope: Construct, objects: ApiObject[], check: Check): void {
  validate(scope, objects, check);
}

/** Has the synth fail with what the check finds in an object that was patched; as it was made there is nothing to find. */
export function checkPatched(object: ApiObject, check: Check): void {
  validate(object, [object], check, []);
}

function validate(scope: Construct, objects: ApiObject[], check: Check, known?: string[]): void {
  let found = known;
  for (const object of objects) {
    const addJsonPatch = object.addJsonPatch.bind(object);
    object.addJsonPatch = (...patches: JsonPatch[]) => {
      found = undefined;
      addJsonPatch(...patches);
    };
  }
  scope.node.addValidation({
    validate: () => (found ??= check(...objects.map((object) => object.toJson() as Manifest))),
  });
}

// Checks of the written manifests, including patches. cdk8s validates the whole app once for each file, so results are cached
// until an object is patched.

import { type ApiObject, type JsonPatch } from 'cdk8s';
import { type Construct } from 'constructs';

/** An object as it is written. */
export interface Manifest {
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly data: Record<string, string>;
}

/** Returns the problems. */
type Check = (...manifests: Manifest[]) => string[];

/** Fails the synth with the problems that the check finds in the manifests of the objects. */
export function checkWritten(scope: Construct, objects: ApiObject[], check: Check): void {
  validate(scope, objects, check);
}

/** The same for an object that only a patch can make invalid. */
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

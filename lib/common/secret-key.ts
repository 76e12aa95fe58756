// A password by reference: where it stands, never what it is.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuse } from './prop-errors';

/** A key of a Secret in the namespace of the pods that read it. */
export interface SecretKey {
  /** The Secret's name. */
  readonly name: string;

  /**
   * The key in it.
   * @default password
   */
  readonly key?: string;
}

/** The key that is meant where none is given. */
export const DEFAULT_SECRET_KEY = 'password';

/** A variable of a container that has the value of it; none without it. */
export function secretEnv(name: string, secret?: SecretKey): k8s.EnvVar[] {
  if (!secret) return [];
  return [{ name, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key ?? DEFAULT_SECRET_KEY } } }];
}

/** Refuses a reference that no Secret can match. */
export function checkSecretKey(scope: Construct, prop: string, secret?: SecretKey): void {
  if (secret === undefined) return;
  checkSubdomain(scope, `${prop}.name`, secret.name);
  const { key = DEFAULT_SECRET_KEY } = secret;
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
    refuse(scope, `${prop}.key is ${JSON.stringify(key)}; a key of a Secret has letters, digits, "-", "_" and "."`);
  }
}

// A reference to a password in a Secret, never its value.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { checkSubdomain, refuse } from './prop-errors';

/** A key of a Secret in the namespace of the pods that read it. */
export interface SecretKey {
  /** The name of the Secret. */
  readonly name: string;

  /**
   * The key in the Secret.
   * @default password
   */
  readonly key?: string;
}

/** The default key. */
export const DEFAULT_SECRET_KEY = 'password';

/** An environment variable with the value of the Secret; empty without a Secret. */
export function secretEnv(name: string, secret?: SecretKey): k8s.EnvVar[] {
  if (!secret) return [];
  return [{ name, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key ?? DEFAULT_SECRET_KEY } } }];
}

/** Refuses an invalid name or key of a Secret. */
export function checkSecretKey(scope: Construct, prop: string, secret?: SecretKey): void {
  if (secret === undefined) return;
  checkSubdomain(scope, `${prop}.name`, secret.name);
  const { key = DEFAULT_SECRET_KEY } = secret;
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
    refuse(scope, `${prop}.key is ${JSON.stringify(key)}; use letters, digits, "-", "_" and "."`);
  }
}

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

  /**
   * The key of a second password that the servers of a fleet accept as well, while the password is changed: before the switch the
   * next one, after it the former one. The Secret has this key only during a change. Setting it restarts the pods of the servers
   * once; a change of the password then restarts none of them.
   * @default - none: a change of the password restarts the servers
   */
  readonly secondKey?: string;
}

/** The default key. */
export const DEFAULT_SECRET_KEY = 'password';

/** An environment variable with the value of the Secret; empty without a Secret. */
export function secretEnv(name: string, secret?: SecretKey): k8s.EnvVar[] {
  if (!secret) return [];
  return [{ name, valueFrom: { secretKeyRef: { name: secret.name, key: secret.key ?? DEFAULT_SECRET_KEY } } }];
}

/** An environment variable with the second password; empty while the Secret has none. */
export function secondPasswordEnv(name: string, { name: secret, secondKey }: SecretKey): k8s.EnvVar[] {
  if (secondKey === undefined) return [];
  return [{ name, valueFrom: { secretKeyRef: { name: secret, key: secondKey, optional: true } } }];
}

const PASSWORD_FILES = 'passwords';

/**
 * Both passwords as files, which kubelet updates in running pods; password.sh reads them. Nothing if the fleet has no second key:
 * then the environment is enough.
 */
export function passwordFiles(secret?: SecretKey): { volumes: k8s.Volume[]; mounts: k8s.VolumeMount[] } {
  if (secret?.secondKey === undefined) return { volumes: [], mounts: [] };
  const { name, key = DEFAULT_SECRET_KEY, secondKey } = secret;
  const sources: k8s.VolumeProjection[] = [
    { secret: { name, items: [{ key, path: 'password' }] } },
    { secret: { name, items: [{ key: secondKey, path: 'second' }], optional: true } },
  ];
  return {
    volumes: [{ name: PASSWORD_FILES, projected: { defaultMode: 0o440, sources } }],
    mounts: [{ name: PASSWORD_FILES, mountPath: '/run/passwords', readOnly: true }],
  };
}

/** Refuses a second key where there is no second password. */
export function refuseSecondKey(scope: Construct, prop: string, secret?: SecretKey): void {
  if (secret?.secondKey === undefined) return;
  refuse(scope, `${prop}.secondKey is set, but only the password of the fleet can have a second one; remove it`);
}

/** Refuses an invalid name or key of a Secret. */
export function checkSecretKey(scope: Construct, prop: string, secret?: SecretKey): void {
  if (secret === undefined) return;
  checkSubdomain(scope, `${prop}.name`, secret.name);
  const { key = DEFAULT_SECRET_KEY, secondKey } = secret;
  for (const [member, value] of Object.entries({ key, secondKey })) {
    if (value === undefined || /^[-._a-zA-Z0-9]{1,253}$/.test(value)) continue;
    refuse(scope, `${prop}.${member} is ${JSON.stringify(value)}; use letters, digits, "-", "_" and "."`);
  }
  if (key === secondKey)
    refuse(scope, `${prop}.secondKey is ${JSON.stringify(key)}, which is also key; use another one`);
}

// A user of the old servers for the migration, separate from the applications' user.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { checkSecretKey, refuseSecondKey, secretEnv, type SecretKey } from '../common/secret-key';

/** An ACL user of the old servers (Redis 6.0 and later). */
export interface OldUser {
  /** The name of the user, the same on every old server. */
  readonly name: string;

  /** The password of the user, the same on every old server. */
  readonly password: SecretKey;
}

/** Printable characters without a special meaning in a shell, a pod's environment, or the output of ACL LIST. */
const USER_NAME = /^[!#%&*+,\-./0-9:;<=>?@A-Z[\]^_a-z{|}~]+$/;

/** Refuses an invalid user name, and the default user. */
export function checkOldUser(scope: Construct, prop: string, user?: OldUser): void {
  if (user === undefined) return;
  if (!USER_NAME.test(user.name)) {
    const remedy =
      'write the name of a user of the old servers, without spaces, quotes, parentheses, "$", "`" and "\\"';
    refuse(scope, `${prop}.name is ${JSON.stringify(user.name)}; ${remedy}`);
  }
  if (user.name === 'default') {
    refuse(scope, `${prop}.name is "default", which is the default; leave ${prop} out`);
  }
  checkSecretKey(scope, `${prop}.password`, user.password);
  refuseSecondKey(scope, `${prop}.password`, user.password);
}

/** The environment variables of containers that log in to the old servers. */
export function oldUserEnv(user?: OldUser): k8s.EnvVar[] {
  if (!user) return [];
  return [{ name: 'OLD_USER', value: user.name }, ...secretEnv('OLD_PASSWORD', user.password)];
}

/** Whether both are the same user with the same password. */
export function isSameUser(a: OldUser | undefined, b: OldUser | undefined): boolean {
  const key = (user?: OldUser): string => JSON.stringify([user?.name, user?.password.name, user?.password.key]);
  return key(a) === key(b);
}

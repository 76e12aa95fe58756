// The user of the old servers for a move, where that is not the one of the applications.

import { type k8s } from 'cdk8s-plus-27';
import { type Construct } from 'constructs';
import { refuse } from '../common/prop-errors';
import { checkSecretKey, secretEnv, type SecretKey } from '../common/secret-key';

/** A user of the access control list of the old servers (Redis 6.0 and later). */
export interface OldUser {
  /** Its name, the same on every old server. */
  readonly name: string;

  /** Its password, the same on every old server. */
  readonly password: SecretKey;
}

/** Printable, and nothing that a shell, the environment of a pod or a line of ACL LIST takes for something else. */
const USER_NAME = /^[!#%&*+,\-./0-9:;<=>?@A-Z[\]^_a-z{|}~]+$/;

/** Refuses a user that no server can have, and the one that everybody has. */
export function checkOldUser(scope: Construct, prop: string, user?: OldUser): void {
  if (user === undefined) return;
  if (!USER_NAME.test(user.name)) {
    const remedy =
      'write the name of a user of the old servers, without spaces, quotes, parentheses, "$", "`" and "\\"';
    refuse(scope, `${prop}.name is ${JSON.stringify(user.name)}; ${remedy}`);
  }
  if (user.name === 'default') {
    refuse(scope, `${prop}.name is "default", which is meant where there is no ${prop}; leave that out`);
  }
  checkSecretKey(scope, `${prop}.password`, user.password);
}

/** Its name and its password, as containers have them that log in there. */
export function oldUserEnv(user?: OldUser): k8s.EnvVar[] {
  if (!user) return [];
  return [{ name: 'OLD_USER', value: user.name }, ...secretEnv('OLD_PASSWORD', user.password)];
}

/** Whether both are one user with one password. */
export function isSameUser(a: OldUser | undefined, b: OldUser | undefined): boolean {
  const words = (user?: OldUser): string => JSON.stringify([user?.name, user?.password.name, user?.password.key]);
  return words(a) === words(b);
}

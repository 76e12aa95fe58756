// What a bad prop is answered with: the construct's path, the value, and the remedy.

import { type Duration } from 'cdk8s';
import { type Construct } from 'constructs';

/** A label that DNS takes and that starts with a letter, as names of Services must (RFC 1035). */
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** `[registry[:port]/]path[:tag][@digest]`, after the grammar of github.com/distribution/reference. */
const IMAGE =
  /^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(\/[a-z0-9][a-z0-9._-]*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

/** Throws, naming the construct. */
export function refuse(scope: Construct, problem: string): never {
  throw new Error(`${scope.node.path}: ${problem}`);
}

/** A name that ends up in DNS; `room` characters are kept free for what is appended to it. */
export function checkName(scope: Construct, prop: string, value: string, room = 0): void {
  const longest = 63 - room;
  if (!DNS_LABEL.test(value) || value.length > longest) {
    refuse(
      scope,
      `${prop} is ${JSON.stringify(value)}; take at most ${longest} lower-case letters, digits and inner "-", a letter first`,
    );
  }
}

/** A name of an object that does not end up in DNS, such as a Secret's (RFC 1123). */
export function checkSubdomain(scope: Construct, prop: string, value: string): void {
  if (!/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(value) || value.length > 253) {
    refuse(scope, `${prop} is ${JSON.stringify(value)}; take lower-case letters, digits, and inner "-" and "."`);
  }
}

/** A namespace's name (RFC 1123). */
export function checkNamespace(scope: Construct, value: string): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value) || value.length > 63) {
    refuse(scope, `namespace is ${JSON.stringify(value)}; take at most 63 lower-case letters, digits and inner "-"`);
  }
}

/** One of a few words. */
export function checkOneOf(scope: Construct, prop: string, value: string | undefined, words: readonly string[]): void {
  if (value !== undefined && !words.includes(value)) {
    refuse(scope, `${prop} is ${JSON.stringify(value)}; write ${words.join(' or ')}`);
  }
}

/** A time in whole seconds, which is what Kubernetes counts in. */
export function checkSeconds(scope: Construct, prop: string, value: Duration | undefined, least = 1): void {
  if (value === undefined) return;
  const seconds = value.toMilliseconds() / 1000;
  if (!Number.isInteger(seconds) || seconds < least) {
    refuse(scope, `${prop} is ${seconds} seconds; take a whole number from ${least}`);
  }
}

/** Runs what knows nothing of constructs, and has its errors name this one. */
export function within<T>(scope: Construct, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith(`${scope.node.path}: `)) throw error;
    return refuse(scope, message);
  }
}

/** A whole number within bounds, both included. */
export function checkWhole(scope: Construct, prop: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    refuse(scope, `${prop} is ${JSON.stringify(value)}; take a whole number from ${least} to ${most}`);
  }
}

/** A TCP port that a user without rights may listen on. */
export function checkPort(scope: Construct, prop: string, value: number): void {
  checkWhole(scope, prop, value, 1024, 65_535);
}

/** An image that names what it runs: by a tag other than `latest`, or by a digest. */
export function checkImage(scope: Construct, prop: string, value: string): void {
  if (!IMAGE.test(value)) refuse(scope, `${prop} is ${JSON.stringify(value)}; that is no reference to an image`);
  const hasDigest = value.includes('@');
  const tag = /:([^:/]+)$/.exec(value)?.[1];
  if (!hasDigest && (tag === undefined || tag === 'latest')) {
    const moves = 'or every restart runs what the registry has by then';
    refuse(scope, `${prop} is ${JSON.stringify(value)}; add a tag (not "latest") or a digest, ${moves}`);
  }
}

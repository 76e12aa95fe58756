// What a bad prop is answered with: the construct's path, the value, and the remedy.

import { type Duration, type Size, SizeRoundingBehavior } from 'cdk8s';
import { type Construct } from 'constructs';
import { imageProblem, nameProblem, namespaceProblem, subdomainProblem } from './kubernetes-values';

/** Throws, naming the construct. */
export function refuse(scope: Construct, problem: string): never {
  throw new Error(`${scope.node.path}: ${problem}`);
}

/** A name that ends up in DNS; `room` characters are kept free for what is appended to it. */
export function checkName(scope: Construct, prop: string, value: string, room = 0): void {
  refuseValue(scope, prop, value, nameProblem(value, 63 - room));
}

/** A name of an object that does not end up in DNS, such as a Secret's. */
export function checkSubdomain(scope: Construct, prop: string, value: string): void {
  refuseValue(scope, prop, value, subdomainProblem(value));
}

/** A namespace's name. */
export function checkNamespace(scope: Construct, value: string): void {
  refuseValue(scope, 'namespace', value, namespaceProblem(value));
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

/** Memory in which a program starts: with less, the kernel ends it at once. */
export function checkMemoryFor(scope: Construct, prop: string, value: Size | undefined, leastMebibytes: number): void {
  if (value === undefined || value.toKibibytes({ rounding: SizeRoundingBehavior.FLOOR }) >= leastMebibytes * 1024)
    return;
  refuse(scope, `${prop} is ${value.asString()}; take at least ${leastMebibytes}Mi, with less it does not start`);
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
  refuseValue(scope, prop, value, imageProblem(value));
}

/** Throws if there is a problem. */
export function refuseValue(scope: Construct, prop: string, value: string, problem: string | undefined): void {
  if (problem !== undefined) refuse(scope, `${prop} is ${JSON.stringify(value)}; ${problem}`);
}

// Errors for invalid props: the path of the construct, the value, and the remedy.

import { type Duration, type Size, SizeRoundingBehavior } from 'cdk8s';
import { type Construct } from 'constructs';
import { imageProblem, nameProblem, namespaceProblem, subdomainProblem } from './kubernetes-values';

/** Throws an error with the path of the construct. */
export function refuse(scope: Construct, problem: string): never {
  throw new Error(`${scope.node.path}: ${problem}`);
}

/** A name that is used in DNS; `room` characters are reserved for a suffix. */
export function checkName(scope: Construct, prop: string, value: string, room = 0): void {
  refuseValue(scope, prop, value, nameProblem(value, 63 - room));
}

/** The name of an object that is not used in DNS, such as a Secret. */
export function checkSubdomain(scope: Construct, prop: string, value: string): void {
  refuseValue(scope, prop, value, subdomainProblem(value));
}

/** The name of a namespace. */
export function checkNamespace(scope: Construct, value: string): void {
  refuseValue(scope, 'namespace', value, namespaceProblem(value));
}

/** One of the allowed values. */
export function checkOneOf(
  scope: Construct,
  prop: string,
  value: string | undefined,
  allowed: readonly string[],
): void {
  if (value !== undefined && !allowed.includes(value)) {
    refuse(scope, `${prop} is ${JSON.stringify(value)}; write ${allowed.join(' or ')}`);
  }
}

/** A duration in whole seconds, the unit of Kubernetes. */
export function checkSeconds(scope: Construct, prop: string, value: Duration | undefined, least = 1): void {
  if (value === undefined) return;
  const seconds = value.toMilliseconds() / 1000;
  if (!Number.isInteger(seconds) || seconds < least) {
    refuse(scope, `${prop} is ${seconds} seconds; use a whole number from ${least}`);
  }
}

/** Enough memory for the program to start. */
export function checkMemoryFor(scope: Construct, prop: string, value: Size | undefined, leastMebibytes: number): void {
  if (value === undefined || value.toKibibytes({ rounding: SizeRoundingBehavior.FLOOR }) >= leastMebibytes * 1024)
    return;
  refuse(scope, `${prop} is ${value.asString()}; use at least ${leastMebibytes}Mi: with less it does not start`);
}

/** Runs a function that knows no constructs, and adds the path of this one to its errors. */
export function withPath<T>(scope: Construct, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith(`${scope.node.path}: `)) throw error;
    return refuse(scope, message);
  }
}

/** A whole number within inclusive bounds. */
export function checkWhole(scope: Construct, prop: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    refuse(scope, `${prop} is ${JSON.stringify(value)}; use a whole number from ${least} to ${most}`);
  }
}

/** A TCP port that an unprivileged user can listen on. */
export function checkPort(scope: Construct, prop: string, value: number): void {
  checkWhole(scope, prop, value, 1024, 65_535);
}

/** An image with a digest, or with a tag other than `latest`. */
export function checkImage(scope: Construct, prop: string, value: string): void {
  refuseValue(scope, prop, value, imageProblem(value));
}

/** Throws if there is a problem. */
export function refuseValue(scope: Construct, prop: string, value: string, problem: string | undefined): void {
  if (problem !== undefined) refuse(scope, `${prop} is ${JSON.stringify(value)}; ${problem}`);
}

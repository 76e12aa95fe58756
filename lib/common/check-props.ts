// Checks props against their declared types, for callers without a type check: JavaScript, a synth that only strips types, or
// another language.

import { type Construct } from 'constructs';
import { checkArgumentsBy } from '../nutcracker/checked-arguments';
import { similar } from '../nutcracker/similar';
import { refuse } from './prop-errors';
import { afterChanges, description, type TypeWord } from './description';
import { remedy, shown } from './remedies';

/** Throws an error that lists every problem with the props of a construct, or with another value passed to it. */
export function checkProps(scope: Construct, struct: string, props: unknown, path = ''): void {
  const problems = problemsOf(struct, props, path);
  if (problems.length > 0) refuse(scope, inLines(problems));
}

checkArgumentsBy((call, args) => {
  const parameters = description().calls[call] ?? [];
  const problems = parameters.flatMap(([name, type], i) => {
    if (args[i] === undefined && name.endsWith('?')) return [];
    return problemsOf(type, args[i], name === 'props' || name === 'props?' ? '' : name.replace('?', ''));
  });
  if (problems.length > 0) throw new Error(`${call}: ${inLines(problems)}`);
});

const MOST_PROBLEMS = 8;

function inLines(problems: readonly string[]): string {
  const more = problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : [];
  return [...problems.slice(0, MOST_PROBLEMS), ...more].join('\n  ');
}

/** The problems of a value of the given type. `path` is its path in the props, empty for the props themselves. */
function problemsOf(type: TypeWord, value: unknown, path: string): string[] {
  const { structs, enums, interfaces } = description();
  const wrong = (): string[] => [`${sentence(path, type, value)}; write ${remedy(type, value)}`];
  if (type === 'any') return [];
  if (type === 'number') return Number.isFinite(value) ? [] : wrong();
  if (type === 'string' || type === 'boolean') return typeof value === type ? [] : wrong();
  if (enums[type] !== undefined) return Object.values(enums[type]).includes(value as string) ? [] : wrong();
  if (typeof value !== 'object' || value === null) return isElement(type, value) ? listed(path, value) : wrong();
  if (type.startsWith('[]')) return Array.isArray(value) ? ofList(type.slice(2), value, path) : wrong();
  if (Array.isArray(value)) return wrong();
  if (type.startsWith('{}')) return isPlain(value) ? ofMap(type.slice(2), value, path) : wrong();
  if (structs[type] !== undefined) return ofStruct(type, structs[type], value, path);
  if (type.startsWith('k8s.')) return [];
  const members = interfaces[type];
  if (members !== undefined) return members.every((name) => name in value) ? [] : wrong();
  return isA(type, value) && isAmount(type, value) ? [] : wrong();
}

/** Does not print a value that may be a secret, nor a string given instead of an object, such as a password instead of its Secret. */
function sentence(path: string, type: TypeWord, value: unknown): string {
  const isSecret = /auth|password|secret/i.test(path) || description().structs[type] !== undefined;
  const printed = typeof value === 'string' && isSecret ? 'a string' : shown(value);
  return value === undefined ? `${path || 'props'} is missing` : `${path || 'props'} is ${printed}`;
}

/** Whether the value is a single element where a list is expected. */
function isElement(type: TypeWord, value: unknown): boolean {
  return (
    type.startsWith('[]') && value !== null && value !== undefined && problemsOf(type.slice(2), value, '').length === 0
  );
}

function listed(path: string, value: unknown): string[] {
  return [`${path} is ${shown(value)}; write a list: [${shown(value)}]`];
}

function ofList(element: TypeWord, list: readonly unknown[], path: string): string[] {
  // Array.from includes holes.
  return Array.from(list).flatMap((value, i) => problemsOf(element, value, `${path}[${i}]`));
}

function ofMap(element: TypeWord, map: object, path: string): string[] {
  return Object.entries(map).flatMap(([name, value]) => problemsOf(element, value, `${path}[${JSON.stringify(name)}]`));
}

function ofStruct(name: string, types: Readonly<Record<string, TypeWord>>, value: object, path: string): string[] {
  const at = (prop: string): string => (path === '' ? prop : `${path}.${prop}`);
  const given = value as Readonly<Record<string, unknown>>;
  const known = Object.entries(types).flatMap(([key, type]) => {
    const isOptional = key.endsWith('?');
    const prop = isOptional ? key.slice(0, -1) : key;
    if (!isOptional) return problemsOf(type, given[prop], at(prop));
    if (given[prop] === null) return [`${at(prop)} is null; leave it out`];
    return given[prop] === undefined ? [] : problemsOf(type, given[prop], at(prop));
  });
  // A class instance, such as a Secret of cdk8s-plus, may have more members than the struct.
  const unknown = isPlain(value) ? Object.keys(value).filter((prop) => !has(types, prop)) : [];
  return [...unknown.map((prop) => `${at(prop)} is not a prop of ${name}; ${suggestion(prop, types)}`), ...known];
}

function suggestion(prop: string, types: Readonly<Record<string, TypeWord>>): string {
  const names = Object.keys(types).map((key) => key.replace('?', ''));
  const { structs } = description();
  const within = Object.entries(types).flatMap(([key, type]) => {
    const inner = structs[type] ?? {};
    return has(inner, prop) ? [`${key.replace('?', '')}.${prop}`] : [];
  });
  const meant = similar(prop, names) ?? (within.length > 0 ? within.join(' or ') : undefined);
  return `${meant === undefined ? `the props are ${names.sort().join(', ')}` : `did you mean ${meant}?`}${afterChanges()}`;
}

function has(struct: Readonly<Record<string, TypeWord>>, prop: string): boolean {
  return Object.hasOwn(struct, prop) || Object.hasOwn(struct, `${prop}?`);
}

/** Whether it is a plain object, possibly from another realm with its own `Object`. */
function isPlain(value: object): boolean {
  const prototype = prototypeOf(value);
  return prototype === null || prototypeOf(prototype) === null;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

/** The key under which jsii stores a class's fully qualified name. */
const RUNTIME_TYPE = Symbol.for('jsii.rtti');

interface JsiiClass {
  readonly name?: string;
  readonly [RUNTIME_TYPE]?: { readonly fqn: string };
}

/** Compares by name, not by identity: node_modules may have a package twice. Classes not compiled by jsii have only their own name. */
function isA(type: TypeWord, value: object): boolean {
  const library = type.includes('.') ? '' : 'cdk8s-twemproxy.';
  for (let it = prototypeOf(value); it !== null; it = prototypeOf(it)) {
    const { [RUNTIME_TYPE]: jsii, name } = (Reflect.get(it, 'constructor') ?? {}) as JsiiClass;
    if (jsii?.fqn === `${library}${type}` || name === type.split('.').at(-1)) return true;
  }
  return false;
}

/** Size, Duration and Cpu accept NaN, and Cpu also negative amounts. */
function isAmount(type: TypeWord, value: object): boolean {
  const { amount } = value as { amount?: number | string };
  if (!type.startsWith('cdk8s') || amount === undefined) return true;
  const number = Number.parseFloat(String(amount));
  return type.endsWith('.Cpu') ? number > 0 : number >= 0;
}

// Suggestions for a value of the wrong type.

import { similar } from '../nutcracker/similar';
import { description, type TypeWord } from './description';

/** A short description of a value. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object' || value === null) return String(value);
  const { name } = (value as { constructor?: { name?: string } }).constructor ?? {};
  const { amount } = value as { amount?: number | string };
  const of = Number.isFinite(amount) || amount === undefined ? '' : ` of ${amount}`;
  return name === undefined || name === 'Object' ? 'an object' : `a ${name}${of}`;
}

/** A value of this type, in words or in code. */
export function remedy(type: TypeWord, value: unknown): string {
  const { structs, enums, makers } = description();
  if (type === 'string') return typeof value === 'number' ? `"${value}"` : 'a string';
  if (type === 'number') return isNumeral(value) ? value : 'a number';
  if (type === 'boolean') return value === 'true' || value === 'false' ? value : 'true or false';
  if (type.startsWith('[]')) return 'a list: [...]';
  if (type.startsWith('{}')) return 'an object with a value for each name: { ... }';
  if (structs[type] !== undefined) return `an object: ${members(structs[type])}`;
  if (enums[type] !== undefined) return oneOf(type, enums[type], value);
  const made = makers[type];
  if (made !== undefined) return made.map((call) => `${call}(...)`).join(' or ');
  return quantity(type, value) ?? `an object of type ${type}`;
}

function isNumeral(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
}

const MOST_MEMBERS = 6;

/** The required props first, then optional ones, up to a maximum. */
function members(struct: Readonly<Record<string, TypeWord>>): string {
  const names = Object.keys(struct).sort((a, b) => Number(a.endsWith('?')) - Number(b.endsWith('?')));
  const first = names.slice(0, MOST_MEMBERS);
  return `{ ${[...first, ...(names.length > first.length ? ['...'] : [])].join(', ')} }`;
}

function oneOf(type: string, values: Readonly<Record<string, string>>, value: unknown): string {
  const names = Object.keys(values);
  const text = typeof value === 'string' ? value : '';
  const meant = names.find((name) => similar(text, [name, values[name]]) !== undefined);
  return (meant === undefined ? names : [meant]).map((name) => `${type}.${name}`).join(' or ');
}

/** The call for each unit suffix. */
const UNITS: Readonly<Record<string, { readonly example: string; readonly units: Readonly<Record<string, string>> }>> =
  {
    'cdk8s.Size': {
      example: 'Size.gibibytes(5)',
      units: {
        Ki: 'Size.kibibytes',
        Mi: 'Size.mebibytes',
        Gi: 'Size.gibibytes',
        Ti: 'Size.tebibytes',
      },
    },
    'cdk8s.Duration': {
      example: 'Duration.seconds(30)',
      units: {
        ms: 'Duration.millis',
        s: 'Duration.seconds',
        m: 'Duration.minutes',
        h: 'Duration.hours',
        d: 'Duration.days',
      },
    },
    'cdk8s-plus-27.Cpu': { example: 'Cpu.millis(500)', units: { m: 'Cpu.millis', '': 'Cpu.units' } },
  };

/** `Size.gibibytes(5)` for "5Gi"; an example for a value without a known unit. */
function quantity(type: string, value: unknown): string | undefined {
  if (!Object.hasOwn(UNITS, type)) return undefined;
  const { example, units } = UNITS[type];
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*?)B?$/i.exec(String(value));
  if (match === null || !Object.hasOwn(units, match[2])) return `a ${type.split('.').at(-1) ?? ''}, such as ${example}`;
  return `${units[match[2]]}(${match[1]})`;
}

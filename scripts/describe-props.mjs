// Describes the parameters of the library's constructors and static functions, to check calls that no compiler checked. Derived
// from the jsii assembly, and from the enum values in the compiled library.

import * as fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Writes the description; lib/common/description.ts has its type. */
export function describeProps(outfile) {
  const { name: library, types } = JSON.parse(fs.readFileSync('.jsii', 'utf8'));
  const compiled = require('../build/lib/index.js');
  const found = { structs: {}, enums: {}, interfaces: {}, calls: {}, makers: {} };

  const nameOf = (fqn) => (fqn.startsWith(`${library}.`) ? fqn.slice(library.length + 1) : external(fqn));
  const typeOf = ({ primitive, fqn, collection }) => {
    if (collection) return `${collection.kind === 'array' ? '[]' : '{}'}${typeOf(collection.elementtype)}`;
    if (primitive === undefined && fqn === undefined) throw new Error('a type that describe-props.mjs does not know');
    return primitive ?? nameOf(fqn);
  };
  const described = ({ name, optional, type }) => [optional ? `${name}?` : name, typeOf(type)];
  const membersOf = ({ interfaces = [], properties = [] }) => [
    ...interfaces.flatMap((fqn) => membersOf(types[fqn])),
    ...properties.map(described),
  ];
  const callOf = (call, { parameters = [] }, made) => {
    found.calls[call] = parameters.map(described);
    (found.makers[made] ??= []).push(call);
  };

  for (const type of Object.values(types)) {
    const { kind, name, datatype, initializer, methods = [], properties = [] } = type;
    if (kind === 'enum') found.enums[name] = compiled[name];
    else if (datatype) found.structs[name] = Object.fromEntries(membersOf(type));
    else if (kind === 'interface') {
      found.interfaces[name] = [...methods, ...properties.filter(({ optional }) => !optional)].map((it) => it.name);
    } else {
      if (initializer && !initializer.protected) callOf(`new ${name}`, initializer, name);
      for (const method of methods.filter((it) => it.static)) {
        callOf(`${name}.${method.name}`, method, method.returns && typeOf(method.returns.type));
      }
    }
  }
  // What is read from a file: NutcrackerConfig.fromFile(...).pool.
  for (const { name, methods = [] } of Object.values(types)) {
    const [own] = found.makers[name] ?? [];
    if (!own?.endsWith('.fromFile')) continue;
    for (const method of methods.filter((it) => !it.static && it.returns?.type.fqn)) {
      const made = typeOf(method.returns.type);
      if (made !== name && made in found.makers) found.makers[made].push(`${own}(...).${method.name}`);
    }
  }
  fs.writeFileSync(outfile, JSON.stringify(found));
}

/** A class of another library by its full name. Kubernetes types (L1) get only their name, since they are all objects. */
function external(fqn) {
  const [library, ...path] = fqn.split('.');
  if (path[0] === 'k8s') return path.join('.');
  const value = path.reduce((scope, name) => scope?.[name], require(library));
  if (typeof value !== 'function') throw new Error(`${fqn} is not a class; add its kind to describe-props.mjs`);
  return fqn;
}

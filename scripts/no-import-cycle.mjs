// An ESLint rule against import cycles, including type imports, which import-x/no-cycle ignores.

import * as fs from 'node:fs';
import * as path from 'node:path';

/** The imports of each file, so that each file is read once per run. */
const known = new Map();

function importsOf(file) {
  let found = known.get(file);
  if (found === undefined) {
    const text = fs.readFileSync(file, 'utf8');
    found = [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '(\.[^']+)'/gm)].flatMap(([, to]) => resolve(file, to));
    known.set(file, found);
  }
  return found;
}

function resolve(file, to) {
  const base = path.join(path.dirname(file), to);
  return [`${base}.ts`, path.join(base, 'index.ts')].filter((candidate) => fs.existsSync(candidate));
}

/** The chain of imports from `from` to `to`, if there is one. */
function pathBetween(from, to, seen = new Set()) {
  if (from === to) return [from];
  if (seen.has(from)) return undefined;
  seen.add(from);
  for (const next of importsOf(from)) {
    const route = pathBetween(next, to, seen);
    if (route !== undefined) return [from, ...route];
  }
  return undefined;
}

export default {
  meta: { type: 'problem', schema: [], messages: { cycle: 'This is an import cycle: {{ route }}' } },
  create(context) {
    const file = context.filename;
    const check = ({ source, loc }) => {
      if (!source?.value.startsWith('.')) return;
      const [target] = resolve(file, source.value);
      const route = target && pathBetween(target, file);
      if (route === undefined) return;
      const names = [file, ...route].map((name) => path.relative(context.cwd, name));
      context.report({ loc, messageId: 'cycle', data: { route: names.join(' → ') } });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
  },
};

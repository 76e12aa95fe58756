// Reduces the custom resource definitions of operators in the documents to what the tests need: the schema of `spec`, without
// descriptions. Usage: node scripts/operator-schemas.mjs CRD.yaml... > test/docs/operator-schemas.json

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const schemas = {};
for (const file of process.argv.slice(2)) {
  const { spec } = parse(readFileSync(file, 'utf8'));
  const version = spec.versions.find(({ storage }) => storage);
  const { properties } = version.schema.openAPIV3Schema;
  schemas[`${spec.group}/${version.name} ${spec.names.kind}`] = strip(properties.spec);
}
const lines = Object.entries(schemas).map(([kind, schema]) => `${JSON.stringify(kind)}:${JSON.stringify(schema)}`);
console.log(`{\n${lines.join(',\n')}\n}`);

/** A schema without descriptions. Unknown fields are errors; the API server would drop them. */
function strip({ type, enum: values, required, pattern, minimum, maximum, minLength, maxLength, items, ...rest }) {
  const open = rest['x-kubernetes-preserve-unknown-fields'] || rest['x-kubernetes-int-or-string'];
  const { properties, additionalProperties } = rest;
  return {
    ...(type && !open && { type }),
    ...(values && { enum: values }),
    ...(required && { required }),
    ...(pattern && { pattern }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(minLength !== undefined && { minLength }),
    ...(maxLength !== undefined && { maxLength }),
    ...(items && { items: strip(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, strip(schema)])),
      ...(!open && { additionalProperties: false }),
    }),
    ...(additionalProperties && { additionalProperties: strip(additionalProperties) }),
  };
}

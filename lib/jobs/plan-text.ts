// Writes a plan as JSON: its settings, and a line for each pool and shard.

/** The text of a plan. */
export function planText(plan: object): string {
  const fields = Object.entries(plan).map(([key, value]) => {
    const isList = key === 'pools' || key === 'shards';
    const lines = isList ? (value as object[]).map((entry) => `\n    ${spaced(entry)}`) : [];
    return `  ${JSON.stringify(key)}: ${isList ? `[${lines.join(',')}\n  ]` : spaced(value)}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}

/** JSON on one line, with spaces after commas and colons, and inside braces. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

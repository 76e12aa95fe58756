// Writes nutcracker.yml as a person would: only the given settings, in a fixed order, with quotes only where needed.

import { DIRECTIVES } from './config-directives';
import type { NutcrackerPool } from './nutcracker-pool';

/** The text of a file with these pools. */
export function writePools(pools: readonly NutcrackerPool[]): string {
  return pools.map(writePool).join('\n');
}

function writePool(pool: NutcrackerPool): string {
  const settings = DIRECTIVES.flatMap(({ key, prop }) => {
    const value = pool.settings[prop];
    return value === undefined ? [] : [`  ${key}: ${scalar(String(value))}`];
  });
  const servers = pool.servers.map((server) => `    - ${scalar(server.toString())}`);
  return [`${scalar(pool.name)}:`, ...settings, '  servers:', ...servers, ''].join('\n');
}

/** Safe without quotes: words of letters and digits, one space between them. */
const PLAIN = /^[\p{L}\p{N}/_.](?:[ ]?[\p{L}\p{N}/_.+=@%~-]|:(?=[^ ]))*$/u;

/** Characters that libyaml refuses or reads as a line break unless escaped. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** The scalar in YAML. A JSON string is a double-quoted scalar, except for the characters that JSON leaves unescaped. */
function scalar(text: string): string {
  if (PLAIN.test(text)) return text;
  return JSON.stringify(text).replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

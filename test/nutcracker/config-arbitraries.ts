// Arbitrary pools, and files with them in any style a person may use.

import fc from 'fast-check';
import { Distribution, HashType, type NutcrackerPoolProps, NutcrackerServer } from '../../lib/nutcracker';
import { DIRECTIVES } from '../../lib/nutcracker/config-directives';

/** Hosts on which nutcracker can listen on any machine: it resolves them while it reads the file. */
export const LISTEN_HOSTS = ['127.0.0.1', '0.0.0.0', 'localhost', '::1', '127.1'];

/** Makes random choices within a property, such as a style or a line. */
export class Dice {
  constructor(private readonly throws: Iterator<number>) {}

  /** One of the choices. */
  oneOf<T>(...choices: readonly T[]): T {
    return choices[this.upTo(choices.length - 1)];
  }

  /** A whole number from 0 to `max`. */
  upTo(max: number): number {
    return (this.throws.next().value as number) % (max + 1);
  }

  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, order: this.upTo(1e6) }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }
}

export const anyDice = fc.infiniteStream(fc.nat()).map((throws) => new Dice(throws));

const text = fc.string({
  unit: fc.constantFrom(...Array.from(' \t\n\\"\'#:-?!&*%@`|>[]{},~$=aZ09é漢😀\u0001\u007f\u0085\u00a0\u2028\ufeff')),
  minLength: 1,
  maxLength: 12,
});
const word = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,15}$/);
const port = fc.integer({ min: 1, max: 65_535 });
const number = fc.oneof(fc.nat(1000), fc.nat(2_147_483_647));

const address = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.oneof(word, fc.ipV4(), fc.ipV6()), port).map((parts) => parts.join(':')) },
  fc.tuple(word, fc.constantFrom('11211', '06379', '011211')).map((parts) => parts.join(':')),
  word.map((name) => `/run/${name}.sock`),
);
const serverName = fc.oneof(
  word,
  text.map((name) => name.replaceAll(' ', '_')),
);
const server = fc
  .record(
    { address, weight: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2_147_483_647 })), name: serverName },
    { requiredKeys: ['address'] },
  )
  .map((props) => new NutcrackerServer(props));

const listen = fc.oneof(
  fc.tuple(fc.constantFrom(...LISTEN_HOSTS), port).map((parts) => parts.join(':')),
  word.map((name) => `/tmp/${name}.sock`),
  fc.tuple(word, fc.constantFrom('660', '0777', '0')).map(([name, mode]) => `/tmp/a b/${name} ${mode}`),
);

const pool: fc.Arbitrary<NutcrackerPoolProps> = fc
  .record(
    {
      name: fc.oneof(word, text),
      listen,
      servers: fc.uniqueArray(server, { minLength: 1, maxLength: 6, selector: ({ ringName }) => ringName }),
      hash: fc.constantFrom(...Object.values(HashType)),
      hashTag: fc.constantFrom('{}', '$$', '[]', '::', '  ', '""', 'ab', '#-'),
      distribution: fc.constantFrom(...Object.values(Distribution)),
      timeout: number,
      backlog: number,
      clientConnections: number,
      redis: fc.boolean(),
      tcpkeepalive: fc.boolean(),
      redisAuth: fc.oneof(word, text),
      redisDb: fc.nat(15),
      preconnect: fc.boolean(),
      autoEjectHosts: fc.boolean(),
      serverConnections: fc.integer({ min: 1, max: 100 }),
      serverRetryTimeout: number,
      serverFailureLimit: number,
    },
    { requiredKeys: ['name', 'listen', 'servers'] },
  )
  .map(withoutContradiction);

/** Pools that can be in one file. */
export const poolsOfAFile = fc
  .uniqueArray(pool, { minLength: 1, maxLength: 3, selector: ({ name }) => name })
  .filter((pools) => new Set(pools.map((props) => props.listen)).size === pools.length);

/** A password needs `redis: true` and no database. */
function withoutContradiction({ redisAuth, redisDb, ...props }: NutcrackerPoolProps): NutcrackerPoolProps {
  if (redisAuth !== undefined && props.redis === true) return { ...props, redisAuth };
  return redisDb === undefined ? props : { ...props, redisDb };
}

/** The text of a file with these pools, in a random style. */
export function styledFile(dice: Dice, pools: readonly NutcrackerPoolProps[]): string {
  const margin = dice.oneOf('', '', '', '  ');
  const newline = dice.oneOf('\n', '\n', '\n', '\r\n');
  const lines = pools.flatMap((props) => styledPool(dice, props)).map((line) => margin + line);
  const annotated = lines.flatMap((line) => {
    const above = dice.oneOf(...[none, none, none, [''], ['   '], ['# remark'], ['      # "odd": {}']]);
    return [...above, line + dice.oneOf('', '', '', ' ', ' # remark', '\t# remark')];
  });
  return annotated.join(newline) + dice.oneOf('', newline, newline + newline);
}

const none: string[] = [];

function styledPool(dice: Dice, props: NutcrackerPoolProps): string[] {
  const indent = ' '.repeat(1 + dice.upTo(3));
  const dash = indent + ' '.repeat(dice.upTo(2)) + '-';
  const gap = (): string => dice.oneOf(' ', ' ', ' ', '  ', '\t');
  const settings = DIRECTIVES.flatMap(({ key, prop }) => {
    const value = props[prop];
    return value === undefined ? [] : [[`${indent}${key}:${gap()}${styledScalar(dice, String(value))}`]];
  });
  const servers = props.servers.map((each) => `${dash} ${styledScalar(dice, serverLine(dice, each))}`);
  const blocks = [...settings, [`${indent}servers:`, ...servers]];
  const shuffled = dice.shuffled(blocks);
  return [`${styledScalar(dice, props.name)}:`, ...shuffled.flat()];
}

function serverLine(dice: Dice, { address: at, weight, name }: NutcrackerServer): string {
  const zeros = dice.oneOf('', '', '0', '00');
  return `${at}:${zeros}${weight}${name === undefined ? '' : ` ${name}`}`;
}

/** The scalar in one of the YAML styles that can hold it. */
function styledScalar(dice: Dice, value: string): string {
  const styles = [inDoubleQuotes(value)];
  if (/^[\x20-\x7e\u00a0-\u2027\u2030-\ud7ff]+$/.test(value)) styles.push(`'${value.replaceAll("'", "''")}'`);
  if (/^[\w/.$]([\w/.,;()'"{}[\]*&!=+-]|:(?=[^ ])| (?=\w))*$/.test(value)) styles.push(value, value);
  return dice.oneOf(...styles);
}

function inDoubleQuotes(value: string): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/gu, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
}

// Reads the pools of a nutcracker.yml: parses each directive, checks each rule, and gives every objection its line.

import { DIRECTIVES } from './config-directives';
import { type Block, readDocument, type Word } from './config-document';
import { type Objection, objectionsOf, placing, refuse, refuseAny } from './config-error';
import { checkText, quote, says } from './config-values';
import { NutcrackerPool } from './nutcracker-pool';
import { type NutcrackerPoolProps } from './nutcracker-pool-props';
import { NutcrackerServer } from './nutcracker-server';
import { kindOf, templateIn } from './file-kind';
import { fileObjections, type PlacedPool } from './file-rules';
import { splitServerLine } from './server-line';

/** Reads the text; throws NutcrackerConfigError with every objection. */
export function readPools(text: string, file: string): PlacedPool[] {
  const pools: PlacedPool[] = [];
  const objections: Objection[] = [];
  const collect = (read: () => void): void => {
    objections.push(...objectionsOf(read));
  };
  const template = templateIn(text);
  if (template !== undefined) refuse({ file, ...template });
  collect(() => {
    for (const block of readDocument(text)) collect(() => pools.push(readPool(block)));
  });
  if (objections.length === 0) objections.push(...fileObjections(pools));
  const kind = objections.length === 0 ? undefined : kindOf(text);
  if (kind !== undefined) refuse({ file, says: objections[0].says, ...kind });
  refuseAny(objections.map((objection) => ({ file, ...objection })));
  return pools;
}

function readPool({ name, entries }: Block): PlacedPool {
  const settings = new Settings(name);
  const objections = entries.flatMap(({ key, values }) =>
    values.flatMap((value) => {
      const found = objectionsOf(() => {
        settings.take(key, value);
      });
      return found.map((objection) => ({ pool: name.text, line: value.line, ...objection }));
    }),
  );
  refuseAny(objections);
  return settings.pool();
}

/** The settings of a pool, as far as its lines have been read. */
class Settings {
  private readonly props: Partial<Record<keyof NutcrackerPoolProps, unknown>>;
  private readonly servers: NutcrackerServer[] = [];
  private readonly lines = new Map<string, number>();

  constructor(name: Word) {
    this.props = { name: name.text, servers: this.servers };
    this.lines.set('pool', name.line);
  }

  take(key: Word, value: Word): void {
    checkText('directive', key.text);
    checkText(key.text, value.text);
    if (key.text === 'servers') {
      this.servers.push(new NutcrackerServer({ ...splitServerLine(value.text), line: value.line }));
      return;
    }
    const directive = DIRECTIVES.find((known) => known.key === key.text);
    if (directive === undefined) return refuseUnknown(key);
    const setting = directive.read(value.text);
    if (directive.prop in this.props) refuseSecond(key, this.lines.get(key.text));
    this.props[directive.prop] = setting;
    this.lines.set(key.text, value.line);
  }

  pool(): PlacedPool {
    const line = ({ subject = 'pool' }: Objection): Partial<Objection> => {
      return { line: this.lines.get(subject) ?? this.lines.get('pool') };
    };
    const pool = placing(line, () => new NutcrackerPool(this.props as NutcrackerPoolProps));
    return { pool, lines: this.lines };
  }
}

function refuseUnknown({ text, line }: Word): never {
  const known = [...DIRECTIVES.map(({ key }) => key), 'servers'].join(', ');
  return refuse({
    line,
    subject: text,
    because:
      text === 'reuseport'
        ? 'nutcracker 0.5.0 does not have it, only its master branch does'
        : `nutcracker has no directive ${quote(text)}`,
    says: says(text, 'is unknown'),
    remedy: text === 'reuseport' ? 'remove it' : `use one of ${known}`,
  });
}

function refuseSecond({ text, line }: Word, first: number | undefined): never {
  return refuse({
    line,
    subject: text,
    because: `already set on line ${first ?? line}`,
    says: says(text, 'is a duplicate'),
    remedy: 'keep only one of them',
  });
}

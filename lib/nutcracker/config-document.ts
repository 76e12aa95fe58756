// nutcracker.yml as its words: the blocks of the pools, their keys, the values behind each key, and where each stands.
// What nutcracker refuses as a document (conf_pre_validate in its src/nc_conf.c) is refused here.

import { isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLMap } from 'yaml';
import { type Objection, refuse, refuseAny } from './config-error';
import { quote } from './config-values';
import { foreignCharacters, foreignTokens, NOT_YAML, withPlainBreaks } from './config-tokens';

/** A scalar, and the line on which it begins. */
export interface Word {
  readonly text: string;
  readonly line: number;
}

/** A key, and the one value behind it or the elements of its list. */
export interface Entry {
  readonly key: Word;
  readonly values: readonly Word[];
  readonly list: boolean;
}

/** A pool: its name and what stands below it. */
export interface Block {
  readonly name: Word;
  readonly entries: readonly Entry[];
}

const SHAPE = 'write a pool as its name and a colon, below it "key: value" lines and one list, the servers';

/** Throws NutcrackerConfigError with lines, and without the file. */
export function readDocument(raw: string): Block[] {
  const text = withPlainBreaks(raw);
  refuseAny(foreignCharacters(text));
  refuseAny(foreignTokens(text));

  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  if ('empty' in documents || documents.length !== 1) {
    return refuse({
      because: `there are ${documents.length} documents`,
      says: `must contain only 1 document; found ${documents.length} documents`,
      remedy: SHAPE,
    });
  }
  const [document] = documents;
  refuseAny(
    document.errors.map((error): Objection => {
      return {
        line: lines.linePos(error.pos[0]).line,
        because: `this is not YAML: ${error.message}`,
        says: NOT_YAML.SCANNER,
        remedy: SHAPE,
      };
    }),
  );
  return new Shape(lines).blocks(document.contents);
}

/** Reads the nodes, which must have the one shape that nutcracker knows. */
class Shape {
  constructor(private readonly lines: LineCounter) {}

  blocks(root: unknown): Block[] {
    if (!isMap(root)) return this.refuse(root, 'the file is no list of pools', 'has invalid empty "key:" at depth 0');
    return root.items.map(({ key, value }) => {
      const name = this.word(key);
      if (isMap(value)) return { name, entries: this.entries(name, value) };
      const says = isSeq(value) ? 'has sequence at depth 1 instead of 2' : 'has invalid mapping "key:" at depth 1';
      return this.refuse(key, `nothing stands below ${quote(name.text)}`, says);
    });
  }

  private entries(pool: Word, block: YAMLMap): Entry[] {
    const entries = block.items.map(({ key, value }): Entry => {
      const word = this.word(key);
      if (isMap(value)) return this.refuse(value, `a block below ${quote(word.text)}`, 'has a depth greater than 2');
      if (isSeq(value)) return { key: word, values: value.items.map((item) => this.word(item)), list: true };
      return { key: word, values: [this.word(value, word)], list: false };
    });
    const lists = entries.filter((entry) => entry.list);
    if (lists.length === 1) return entries;
    const second = lists.at(1);
    return refuse({
      line: second?.key.line ?? pool.line,
      subject: quote(pool.text),
      because: `the pool has ${lists.length} lists`,
      says: lists.length === 0 ? 'missing sequence directive at depth 2' : 'has more than one sequence directive',
      remedy: 'write its servers as one list, "- host:port:weight name"',
    });
  }

  /** The scalar's text; none where nothing stands, which is refused with the line of what stands before it. */
  private word(node: unknown, before?: Word): Word {
    if (isScalar(node) || node === null || node === undefined) {
      const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
      return { text, line: text === '' && before !== undefined ? before.line : this.line(node) };
    }
    return this.refuse(
      node,
      'a list or a block where a single value must stand',
      'has more than one sequence directive',
    );
  }

  private refuse(node: unknown, because: string, says: string): never {
    return refuse({ line: this.line(node), because, says, remedy: SHAPE });
  }

  private line(node: unknown): number {
    const range = isNode(node) ? node.range : undefined;
    return range ? this.lines.linePos(range[0]).line : 1;
  }
}

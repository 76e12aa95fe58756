// nutcracker.yml as a tree: the blocks of the pools, their keys and values, each with its position in the file.
// Refuses the same documents as nutcracker (conf_pre_validate in its src/nc_conf.c).

import { Composer, CST, type Document, isMap, isNode, isScalar, isSeq, LineCounter, Parser, type YAMLMap } from 'yaml';
import { refuse } from './config-error';
import { foreignCharacter, foreignToken, lexemesOf, NOT_YAML, withPlainBreaks } from './config-tokens';
import { quote } from './config-values';

/** A scalar and its position. */
export interface Word {
  readonly text: string;
  /** The line on which it starts. */
  readonly line: number;
  /** The range of its source in the text with normalized line breaks; undefined if it has no source. */
  readonly span?: readonly [start: number, end: number];
}

/** A key with its value, or with the elements of its list. */
export interface Entry {
  readonly key: Word;
  readonly values: readonly Word[];
  readonly list: boolean;
}

/** A pool: its name and its entries. */
export interface Block {
  readonly name: Word;
  readonly entries: readonly Entry[];
}

const REMEDY = 'write a pool as its name and a colon, and below it "key: value" lines and one list, the servers';

/** What nutcracker logs about a list or a block where a scalar is expected. */
interface Complaints {
  readonly list: string;
  readonly block: string;
}
const POOL_NAME: Complaints = {
  list: 'has sequence at depth 1 instead of 2',
  block: 'has more than one "key:value" at depth 1',
};
const DIRECTIVE: Complaints = { list: 'has invalid "key:value" at depth 2', block: 'has a depth greater than 2' };
const ELEMENT: Complaints = { list: 'has more than one sequence directive', block: 'has a depth greater than 2' };

/** Errors of the yaml package for what libyaml accepts. In a long key libyaml counts characters, not UTF-16 code units. */
const LIBYAML_TAKES =
  /^Comments must be separated|^The : indicator must be at most 1024 chars|^Block scalars with more-indented leading/;

/** Parses the text of a file; throws NutcrackerConfigError with the lines, but without the file name. */
export function readDocument(raw: string): Block[] {
  const text = withPlainBreaks(raw);
  const lexemes = lexemesOf(text);
  const foreign = foreignCharacter(text) ?? foreignToken(text, lexemes);
  if (foreign !== undefined) refuse(foreign);

  const lines = new LineCounter();
  const { contents, errors } = composed(text, lexemes, lines);
  // Later errors mostly follow from the first.
  const error = errors.at(0);
  if (error !== undefined) {
    refuse({
      line: lines.linePos(error.pos[0]).line,
      because: `this is not YAML: ${error.message}`,
      says: LIBYAML_TAKES.test(error.message) ? undefined : NOT_YAML,
      remedy: REMEDY,
    });
  }
  return new Shape(text, lines).blocks(contents);
}

/** The only document: tokens that start another one were refused before. */
function composed(text: string, lexemes: readonly string[], lines: LineCounter): Document.Parsed {
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false });
  const [document] = composer.compose(parsed(lexemes, lines), true, text.length);
  return document;
}

function* parsed(lexemes: readonly string[], lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}

/** Converts the nodes, which must have the only structure that nutcracker accepts. */
class Shape {
  constructor(
    private readonly source: string,
    private readonly lines: LineCounter,
  ) {}

  blocks(root: unknown): Block[] {
    if (!isMap(root)) return this.refuse(root, 'the file has no pool', complaintAbout(root));
    return root.items.map(({ key, value }) => {
      const name = this.word(key, POOL_NAME);
      if (isMap(value)) return { name, entries: this.entries(name, value) };
      const says = isSeq(value) ? 'has sequence at depth 1 instead of 2' : 'has invalid mapping "key:" at depth 1';
      return this.refuse(key, `${quote(name.text)} has no block of directives`, says);
    });
  }

  private entries(pool: Word, block: YAMLMap): Entry[] {
    const entries = block.items.map((pair): Entry => {
      const key = this.word(pair.key, DIRECTIVE);
      const { value } = pair;
      if (isSeq(value)) return { key, values: value.items.map((item) => this.word(item, ELEMENT)), list: true };
      return { key, values: [this.word(value, DIRECTIVE, key.line)], list: false };
    });
    const lists = entries.filter((entry) => entry.list);
    if (lists.length === 1) return entries;
    return refuse({
      line: lists.length === 0 ? pool.line : lists[1].key.line,
      subject: quote(pool.text),
      because: `the pool has ${lists.length} lists`,
      says: lists.length === 0 ? 'missing sequence directive at depth 2' : 'has more than one sequence directive',
      remedy: 'write its servers as one list, "- host:port:weight name"',
    });
  }

  /** The scalar. A missing one is empty, and on the given line. */
  private word(node: unknown, { list, block }: Complaints, line?: number): Word {
    if (isSeq(node)) return this.refuse(node, 'a list where a single value is expected', list);
    if (isMap(node)) return this.refuse(node, 'a block where a single value is expected', block);
    const text = this.text(node);
    const range = isNode(node) ? node.range : undefined;
    const span = range ? ([range[0], range[1]] as const) : undefined;
    return { text, line: text === '' && line !== undefined ? line : this.line(node), span };
  }

  /** The text. libyaml adds no line break to a block scalar that ends the file without one. */
  private text(node: unknown): string {
    if (!isScalar(node) || typeof node.value !== 'string') return '';
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    if (!isBlock || node.range?.[1] !== this.source.length) return node.value;
    const [, ...lines] = this.source.slice(node.range[0]).split('\n');
    return endsInContent(lines) ? node.value.replace(/\n$/, '') : node.value;
  }

  private refuse(node: unknown, because: string, says: string): never {
    return refuse({ line: this.line(node), because, says, remedy: REMEDY });
  }

  private line(node: unknown): number {
    const range = isNode(node) ? node.range : undefined;
    return range ? this.lines.linePos(range[0]).line : 1;
  }
}

/** Whether the last line is longer than the indentation of the first non-blank line, or is the only line. */
function endsInContent(lines: readonly string[]): boolean {
  const first = lines.find((line) => /[^ ]/.test(line));
  return first === undefined ? lines.length === 1 : (lines.at(-1) ?? '').length > first.search(/[^ ]/);
}

function complaintAbout(root: unknown): string {
  if (isSeq(root)) return 'has sequence at depth 0 instead of 2';
  return isScalar(root) ? 'has invalid empty "key:" at depth 0' : 'must contain only 1 document; found 0 documents';
}

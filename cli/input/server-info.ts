// INFO of one server, and the settings that CONFIG GET printed after it: what of it can be used, and what must be refused.

import { documentAt } from '../../lib/common/documents';
import { type Objection, refuse, refuseAny } from '../../lib/nutcracker/config-error';
import { Info } from '../../migrator/redis/info';
import { productOf } from '../../migrator/redis/product';

/** Where the lines of a server begin. */
export interface Source {
  readonly file: string;
  /** The number of the line before the first one; 0 for a server that was asked directly. */
  readonly line: number;
}

/** What CONFIG GET is asked for. INFO has `maxmemory` from Redis 3.2 on. */
export const SETTINGS = ['maxmemory', 'client-output-buffer-limit', 'auto-aof-rewrite-percentage'];

const remedy = (): string => `repeat the command of ${documentAt('docs/cli.md#capacity')}`;

export class ServerInfo {
  /** Throws if the lines are not the complete INFO of a master. */
  static of(name: string, lines: readonly string[], source: Source): ServerInfo {
    const server = new ServerInfo(name, lines, source);
    refuseAny(server.objections());
    return server;
  }

  private readonly info: Info;

  private constructor(
    /** As written in the file: an address, or the ordinal of a shard. */
    readonly name: string,
    private readonly lines: readonly string[],
    readonly source: Source,
  ) {
    this.info = Info.parse(lines.join('\r\n'));
  }

  text(field: string): string {
    return this.info.text(field);
  }

  /** A field that counts; undefined if this version does not have it. Throws if it is not a number. */
  number(field: string): number | undefined {
    const value = this.text(field);
    if (value === '') return undefined;
    // A size that is not known is -1.
    if (/^-?\d{1,16}$/.test(value)) return Number(value);
    return refuse({ ...this.place(field), because: `${field} is ${shown(value)}, not a number`, remedy: remedy() });
  }

  /** A field that every version has. */
  required(field: string): number {
    return this.number(field) ?? refuse({ ...this.place(), because: `it has no ${field}`, remedy: remedy() });
  }

  /** A setting that CONFIG GET printed: its name on a line, and its value on the next. */
  setting(name: string): string | undefined {
    const at = this.lines.indexOf(name);
    return at < 0 ? undefined : this.lines[at + 1];
  }

  private objections(): Objection[] {
    const refused = this.lines.find((line) =>
      /^\(?(error\) )?(NOAUTH|WRONGPASS|NOPERM|ERR invalid password)/.test(line),
    );
    if (refused !== undefined) {
      return [this.because(`the server replied ${shown(refused)}`, 'give the right password', refused)];
    }
    const versions = this.lines.filter((line) => line.startsWith('redis_version:'));
    if (versions.length === 0) {
      const [first = ''] = this.lines.filter((line) => line !== '');
      const what = first === '' ? 'there is no output of INFO' : `${shown(first)} is not the output of INFO`;
      return [this.because(what, 'connect to the Redis server itself, not to a proxy, and check the address')];
    }
    if (versions.length > 1) {
      return [this.because('it has the INFO of two servers', 'write a line "== HOST:PORT" before each', versions[1])];
    }
    const { name, unsupportedReason } = productOf(this.info);
    if (unsupportedReason !== undefined) return [this.because(`it is ${name}`, 'give the INFO of Redis or Valkey')];
    return this.roleObjections();
  }

  private roleObjections(): Objection[] {
    const [mode, role] = ['redis_mode', 'role'].map((field) => this.text(field));
    if (mode !== '' && mode !== 'standalone') {
      return [this.because(`redis_mode is ${shown(mode)}`, 'give the INFO of a standalone server', 'redis_mode')];
    }
    if (!this.lines.includes('# Keyspace') || role === '') {
      return [this.because('its INFO is truncated: the last section, Keyspace, is missing', remedy())];
    }
    if (role !== 'master') {
      const master = `${this.text('master_host')}:${this.text('master_port')}`;
      return [this.because(`it is a replica of ${master}`, 'give the INFO of the master', 'role')];
    }
    if (this.text('loading') === '1') {
      return [this.because('it is still loading its data', 'repeat the command when it has loaded', 'loading')];
    }
    return [];
  }

  private because(because: string, instead: string, field?: string): Objection {
    return { ...this.place(field), because, remedy: instead };
  }

  /** The file, and the line of a field, or a whole line; the last one if there are several. */
  private place(field?: string): Pick<Objection, 'file' | 'line' | 'subject'> {
    const { file, line } = this.source;
    if (line === 0) return { file };
    const is = (text: string): boolean => text === field || text.startsWith(`${field ?? ''}:`);
    const at = field === undefined ? -1 : this.lines.map(is).lastIndexOf(true);
    return { file, line: line + at + 1, subject: this.name };
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

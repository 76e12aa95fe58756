// The reply to INFO.

/** A database in INFO's keyspace section. */
export interface Keyspace {
  readonly database: number;
  readonly keys: number;
  readonly expires: number;
}

export class Info {
  static parse(text: string): Info {
    const fields = text.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 || line.startsWith('#') ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    });
    return new Info(new Map(fields));
  }

  private constructor(private readonly fields: ReadonlyMap<string, string>) {}

  /** A field; empty if the server does not report it. */
  text(field: string): string {
    return this.fields.get(field) ?? '';
  }

  /** Whether the server reports a field. */
  has(field: string): boolean {
    return this.fields.has(field);
  }

  /** A field as a number; 0 if the server does not report it. */
  number(field: string): number {
    return Number(this.fields.get(field) ?? 0);
  }

  /** The databases with keys. */
  get keyspaces(): Keyspace[] {
    return [...this.fields].flatMap(([field, value]) => {
      const database = /^db(\d+)$/.exec(field)?.[1];
      if (database === undefined) return [];
      const [, keys = 0, expires = 0] = /keys=(\d+),expires=(\d+)/.exec(value) ?? [];
      return [{ database: Number(database), keys: Number(keys), expires: Number(expires) }];
    });
  }

  /** The number of keys in all databases. */
  get keys(): number {
    return this.keyspaces.reduce((sum, { keys }) => sum + keys, 0);
  }
}

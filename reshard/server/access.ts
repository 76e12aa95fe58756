// How this program logs in to the servers.

export interface Access {
  readonly user: string;
  readonly password?: string;
  readonly timeoutMs?: number;
}

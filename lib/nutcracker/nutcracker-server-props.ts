// What a line of a pool's `servers` says.

/** One line of `servers`. */
export interface NutcrackerServerProps {
  /**
   * Where the server is: `host:port`, or the path of a Unix socket.
   */
  readonly address: string;

  /**
   * Its share of the pool, relative to the other weights; a whole number from 1.
   * @default 1
   */
  readonly weight?: number;

  /**
   * The explicit name, which then is the ring name.
   * @default - none: the ring name comes from the address
   */
  readonly name?: string;

  /**
   * The line of the file it was read from, counted from 1.
   * @default - not read from a file
   */
  readonly line?: number;
}

// The parts of a line in a pool's `servers`.

/** One line of `servers`. */
export interface NutcrackerServerProps {
  /**
   * Where the server is: `host:port`, or the path of a Unix socket.
   */
  readonly address: string;

  /**
   * Its share of the pool, relative to the other weights; a whole number of at least 1.
   * @default 1
   */
  readonly weight?: number;

  /**
   * The explicit name, which becomes the ring name.
   * @default - none: the ring name comes from the address
   */
  readonly name?: string;

  /**
   * The line of the file it was read from, counted from 1.
   * @default - not read from a file
   */
  readonly line?: number;
}

// A password by reference: where it stands, never what it is.

/** A key of a Secret in the namespace of the pods that read it. */
export interface SecretKey {
  /** The Secret's name. */
  readonly name: string;

  /**
   * The key in it.
   * @default password
   */
  readonly key?: string;
}

/** The key that is meant where none is given. */
export const DEFAULT_SECRET_KEY = 'password';

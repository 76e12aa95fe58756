// Errors in arguments and in files other than nutcracker.yml, which has NutcrackerConfigError.

/** One message for each error to fix. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(readonly messages: readonly string[]) {
    super(messages.join('\n'));
  }
}

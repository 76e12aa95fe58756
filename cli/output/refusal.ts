// What has to be fixed before there is a result, other than in a nutcracker.yml.

/** A sentence for each thing to fix. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(readonly complaints: readonly string[]) {
    super(complaints.join('\n'));
  }
}

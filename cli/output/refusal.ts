// What somebody has to mend before there is an answer, other than in a nutcracker.yml.

/** A sentence for each thing to mend. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(readonly complaints: readonly string[]) {
    super(complaints.join('\n'));
  }
}

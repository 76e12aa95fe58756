// The exit code of a command: Kubernetes must not retry what an operator has to decide.

import { FINAL_EXIT_CODES } from '../../../lib/jobs/step';
import { ExitCode, exitCodeOf } from '../../../migrator/program/outcome';

const { DONE, FAULT, REFUSED, INCOMPLETE, BUSY } = ExitCode;

test.each([[[REFUSED]], [[DONE, REFUSED]], [[REFUSED, INCOMPLETE]], [[FAULT, INCOMPLETE, BUSY, REFUSED]]])(
  'a refusal among %j is final',
  (codes) => {
    expect(FINAL_EXIT_CODES).toContain(exitCodeOf(codes.map((code, shard) => ({ shard, code, message: '' }))));
  },
);

test.each([
  [[DONE, DONE], DONE],
  [[DONE, INCOMPLETE, BUSY], INCOMPLETE],
  [[DONE, BUSY], BUSY],
  [[FAULT, INCOMPLETE], FAULT],
])('%j ends with %i', (codes, code) => {
  expect(exitCodeOf(codes.map((each, shard) => ({ shard, code: each, message: '' })))).toBe(code);
});

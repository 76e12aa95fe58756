// The cells that the long tests run cover the matrix.

import { CELLS, SELECTED, titleOf } from './cells';
import { FAULTS } from './faults';
import { MOMENTS } from './moments';
import { SUBJECTS } from './subjects';

test('the long tests run each subject, each fault and each moment', () => {
  const cells = CELLS.filter((cell) => SELECTED.includes(titleOf(cell)));
  expect(cells.map(titleOf).sort()).toEqual([...SELECTED].sort());
  const sets = [
    cells.map(({ subject }) => subject),
    cells.map(({ fault }) => fault),
    cells.map(({ moment }) => moment),
  ];
  expect(sets.map((values) => [...new Set<string>(values)].sort())).toEqual(
    [SUBJECTS, FAULTS, MOMENTS].map((all) => Object.keys(all).sort()),
  );
});

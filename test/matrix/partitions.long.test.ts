// Partitions, at every moment, under a load whose history is checked.

import { type Cell, cellsOf } from './cells';
import { MatrixFleet } from './fleet';
import { observe, runCells } from './run';

runCells(cellsOf('cut off', 'cut off, only receiving', 'cut off, only sending'));

test('clients of two masters are found, where the bridges check the role only', async () => {
  const matrix = await MatrixFleet.start({ asksRoleOnly: true });
  const cell: Cell = {
    subject: 'the node of the master, a Sentinel and a proxy',
    fault: 'cut off',
    moment: 'while nothing else happens',
  };
  try {
    const { violations, changes, report } = await observe(matrix, cell);
    expect(violations).not.toEqual([]);
    expect(report.lost).not.toEqual([]);
    expect(changes).toBeGreaterThan(10);
  } finally {
    await matrix.close();
  }
});

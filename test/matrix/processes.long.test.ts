// Programs that die or stand still, at every moment, under a load whose history is checked.

import { cellsOf } from './cells';
import { runCells } from './run';

runCells(cellsOf('killed', 'stopped for ten seconds', 'standing still for a fork'));

// Disks that are full or lost, at every moment, under a load whose history is checked.

import { AppendFsync, RedisConfig } from '../../lib';
import { cellsOf } from './cells';
import { runCells } from './run';

// The default: a master that cannot write then rejects writes. With `always`, it exits.
const redis = { config: RedisConfig.of({ appendfsync: AppendFsync.EVERYSEC }) };

runCells(cellsOf('with a full disk', 'killed, the disk lost'), { redis });

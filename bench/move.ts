// The cost of a migration, next to its lower bound: npx tsx bench/move.ts (after npm run build)

import { cutovers } from './move/cutovers';
import { deaths } from './move/deaths';
import { gaps } from './move/gaps';
import { sizes } from './move/sizes';
import { syncs } from './move/syncs';
import { runParts } from './parts';

void runParts({ gaps, deaths, cutovers, syncs, sizes }, process.argv.slice(2), ['redis-server -v', 'haproxy -v']);

// How long a shard is unavailable if its master dies, stalls, or hands over: npx tsx bench/failover.ts (after npm run build)

import { calm } from './failover/calm';
import { kills } from './failover/kills';
import { mass } from './failover/mass';
import { planned } from './failover/planned';
import { stalls } from './failover/stalls';
import { tls } from './failover/tls';
import { runParts } from './parts';

void runParts({ kills, stalls, planned, mass, calm, tls }, process.argv.slice(2), ['redis-server -v', 'haproxy -v']);

// What the proxies of a fleet cost, next to Redis itself: npm run bench:proxy (after npm run build). `--quick` only sees
// that everything works; words are the names of parts.

import { runParts } from './parts';
import { bridges } from './proxy/bridges';
import { buffers } from './proxy/buffers';
import { checks } from './proxy/checks';
import { connections } from './proxy/connections';
import { requests } from './proxy/requests';
import { type Effort, QUICK, WHOLE } from './proxy/scale';
import { type Lab } from '../test/lab/lab';

const PARTS = { requests, buffers, connections, bridges, checks };

const words = process.argv.slice(2);
const effort = words.includes('--quick') ? QUICK : WHOLE;
const withEffort = (part: (lab: Lab, effort: Effort) => Promise<void>) => (lab: Lab) => part(lab, effort);
const parts = Object.fromEntries(Object.entries(PARTS).map(([name, part]) => [name, withEffort(part)]));
const names = words.filter((word) => word !== '--quick');
void runParts(parts, names, ['redis-server -v', 'nutcracker -V', 'haproxy -v', 'redis-benchmark --version']);

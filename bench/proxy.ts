// The cost of the proxies of a fleet, compared with Redis itself: npm run bench:proxy (after npm run build). Arguments are the
// names of parts; `--quick` only checks that everything works.

import { runParts } from './parts';
import { bridges } from './proxy/bridges';
import { buffers } from './proxy/buffers';
import { checks } from './proxy/checks';
import { connections } from './proxy/connections';
import { requests } from './proxy/requests';
import { type Effort, FULL, QUICK } from './proxy/scale';
import { tlsCost } from './proxy/tls';
import { type Lab } from '../test/lab/lab';

const PARTS = { requests, buffers, connections, bridges, checks, tls: tlsCost };

const args = process.argv.slice(2);
const effort = args.includes('--quick') ? QUICK : FULL;
const withEffort = (part: (lab: Lab, effort: Effort) => Promise<void>) => (lab: Lab) => part(lab, effort);
const parts = Object.fromEntries(Object.entries(PARTS).map(([name, part]) => [name, withEffort(part)]));
const names = args.filter((arg) => arg !== '--quick');
void runParts(parts, names, ['redis-server -v', 'nutcracker -V', 'haproxy -v', 'redis-benchmark --version']);

// A fleet with a user ID that is not in /etc/passwd, as OpenShift assigns them, with the real programs.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { LabFleet } from './lab/fleet';
import { Lab } from './lab/lab';

const USER = 1000680000;
const root = process.getuid?.() === 0;

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

// Only root can start programs as another user. In CI the test must not be skipped.
(root || process.env.CI ? test : test.skip)(
  'shards and proxies run with the user ID of an OpenShift project, and keep their data',
  async () => {
    const user = { user: USER };
    const fleet = await LabFleet.synthesize(lab, { servers: 2, redis: user, proxies: user });
    await Promise.all([0, 1].map((ordinal) => fleet.startShard(ordinal)));
    await fleet.startProxy();
    const client = fleet.client();
    await client.set('user:42', 'value');
    await fleet.stopShard(0, 'SIGTERM');
    await fleet.stopShard(1, 'SIGTERM');
    await Promise.all([0, 1].map((ordinal) => fleet.startShard(ordinal)));
    const shards = await Promise.all(
      [0, 1].map(async (ordinal) => {
        const shard = fleet.shardClient(ordinal);
        const value = await shard.get('user:42');
        shard.disconnect();
        return value;
      }),
    );
    client.disconnect();
    expect(shards.filter((value) => value === 'value')).toHaveLength(1);
    expect(new Set(ownersBelow(lab.dir))).toContain(USER);
  },
);

/** The owners of the AOF directories below. */
function ownersBelow(directory: string): number[] {
  const names = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('appendonlydir'))
    .map((name) => fs.statSync(path.join(directory, name)).uid);
}

// What the checks of a bridge cost with TLS and without, while there are no clients: each check is a connection.

import * as fs from 'node:fs';
import { TlsPhase } from '../../lib';
import { SIDES } from '../../lib/failover/replica-plan';
import { Authority } from '../../test/lab/certificates';
import { Lab, type Program } from '../../test/lab/lab';
import { LabTlsReplicas, type Phase } from '../../test/lab/tls-replicas';
import { heading, row, sleep } from '../table';

/** The difference between both is what each shard adds. */
const SHARDS = [4, 12];
const SECONDS = 30;
const PHASES: readonly Phase[] = ['none', TlsPhase.OFFERED, TlsPhase.USED, TlsPhase.REQUIRED];

export async function tls(): Promise<void> {
  for (const shards of SHARDS) {
    // A lab of its own: both fleets have the same directories.
    const lab = new Lab();
    const fleet = new LabTlsReplicas(lab, shards, new Authority(lab, 'bench'));
    heading(`${shards} shards with replicas, one proxy, no clients: CPU a second`, 'HAProxy', 'a server', 'a Sentinel');
    for (const phase of PHASES) {
      await fleet.apply(phase);
      if (phase !== 'none' && phase !== TlsPhase.REQUIRED) continue;
      row(
        `  ${phase === 'none' ? 'without TLS' : 'with TLS'}`,
        ...(await cpuOfAll(fleet)).map((it) => `${it.toFixed(1)} ms`),
      );
    }
    await fleet.close();
    await lab.close();
  }
}

/** The CPU time of HAProxy, a server and a Sentinel in a second, in milliseconds. */
async function cpuOfAll(fleet: LabTlsReplicas): Promise<number[]> {
  // The first checks follow each other faster.
  await sleep(5000);
  const servers = fleet.ordinals.flatMap((n) => SIDES.map((side) => fleet.server(n, side).program('redis')));
  const sentinels = [0, 1, 2].map((n) => fleet.sentinel(n).program('sentinel'));
  const kinds = [[fleet.proxyPod.program('bridge')], servers, sentinels];
  const before = kinds.map(cpuOf);
  await sleep(SECONDS * 1000);
  return kinds.map((kind, n) => (cpuOf(kind) - before[n]) / SECONDS);
}

/** The mean CPU time of processes so far, in milliseconds. */
function cpuOf(programs: readonly Program[]): number {
  const times = programs.map(({ child }) => {
    const [user, system] = fs
      .readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8')
      .split(') ')[1]
      .split(' ')
      .slice(11);
    return 10 * (Number(user) + Number(system));
  });
  return times.reduce((a, b) => a + b) / times.length;
}

// TLS of a fleet with replicas, turned on and off under load, with the real programs: what its clients saw must be possible.

import { TlsPhase } from '../lib';
import { Authority } from './lab/certificates';
import { Lab } from './lab/lab';
import { type Load } from './lab/load';
import { LabTlsReplicas } from './lab/tls-replicas';

let lab: Lab;
let fleet: LabTlsReplicas;
let load: Load | undefined;
beforeEach(() => {
  lab = new Lab();
  fleet = new LabTlsReplicas(lab, 2, new Authority(lab, 'first'));
});
afterEach(async () => {
  if (process.env.SHOW) for (const pod of [...fleet.pods, fleet.startingProxy!]) for (const { name } of pod.spec.containers) require('fs').appendFileSync('/tmp/s19/tlsreplicas/out.txt', `=== ${pod.name} ${name}\n${pod.program(name).output}\n`);
  await load?.end();
  load = undefined;
  await fleet.close();
  await lab.close();
});

test('a new fleet in REQUIRED', async () => {
  await fleet.apply(TlsPhase.REQUIRED);
  load = await fleet.load();
  const report = await load.stop();
  load = undefined;
  expect(report.violations).toEqual([]);
});
test('TLS is turned on and off', async () => {
  await fleet.apply('none');
  load = await fleet.load();
  for (const phase of [TlsPhase.OFFERED, TlsPhase.USED, TlsPhase.REQUIRED, TlsPhase.USED, TlsPhase.OFFERED, 'none'] as const) {
    const start = performance.now();
    await fleet.apply(phase);
    console.log(phase, performance.now() - start, load.takeGaps(), load.errors);
  }
  const report = await load.stop();
  load = undefined;
  expect(report.violations).toEqual([]);
});

// What init accepts and suggests, the library accepts.

import { App } from 'cdk8s';
import { LONGEST_FLEET_NAME } from '../../../../cli/commands/init/settings';
import { FleetCharts, MigrationPhase, NutcrackerConfig, ShardStorage } from '../../../../lib';
import { nameProblem } from '../../../../lib/common/kubernetes-values';
import { Lab } from '../../../lab/lab';
import { pool, servers } from '../../configurations';
import { start } from './starting';

let lab: Lab;
beforeEach(() => (lab = new Lab()));
afterEach(() => lab.close());

function synthesize(name: string, nutcracker: string, proxyPort?: number): void {
  const app = new App({ outdir: lab.dir });
  new FleetCharts(app, name, {
    pool: NutcrackerConfig.fromYaml(nutcracker).pool(),
    storage: ShardStorage.emptyDir(),
    proxies: { image: 'proxy:1' },
    proxyPort,
    migration: { phase: MigrationPhase.MOVING },
  });
  app.synth();
}

const succeeds = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};

test.each([LONGEST_FLEET_NAME, LONGEST_FLEET_NAME + 1])(
  'init and the library agree on a fleet name of %s characters',
  (length) => {
    const name = 'x'.repeat(length);
    const isFine = nameProblem(name, LONGEST_FLEET_NAME) === undefined;
    expect(
      succeeds(() => {
        synthesize(name, pool('alpha', servers(2)));
      }),
    ).toBe(isFine);
  },
);

test.each([
  '0.0.0.0:22121',
  '0.0.0.0:80',
  '0.0.0.0:1024',
  ':::22222',
  'a:8404',
  'a:9999',
  'a:10000',
  'a:10002',
  'a:10003',
  '/run/n.sock 660',
])('proxies that listened on %s get a valid port', async (listen) => {
  const nutcracker = pool('alpha', servers(3)).replace(/listen: .*/, `listen: "${listen}"`);
  const { json } = await start(nutcracker, { directory: `${lab.dir}/repo` });
  const { alpha: proxyPort } = json.fleets[0].proxyPorts as { alpha?: number };
  expect(
    succeeds(() => {
      synthesize('alpha', nutcracker);
    }),
  ).toBe(proxyPort === undefined);
  synthesize('alpha', nutcracker, proxyPort);
});

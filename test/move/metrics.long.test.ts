// A whole move, and back, while a real Prometheus scrapes both sides and evaluates the alerts: none fires, and no exporter
// blocks a cutover.

import { freePort, Lab, until } from '../lab/lab';
import { LabMetrics } from '../lab/metrics';
import { UNEXPECTED_CLIENT } from '../lab/move';
import { TcpProxy } from '../lab/tcp-proxy';
import { Moving } from './moving';

const lab = new Lab();
/** Between the exporter and the old servers, which see it in a network that is not of the proxies. */
let fromMonitoring: TcpProxy[] = [];
let moving: Moving;
let metrics: LabMetrics;
let jobPort: number;

beforeAll(async () => {
  const fleet = { metrics: { grafanaDashboard: true } };
  moving = await Moving.of(lab, { fleet, network: 'for replicas' }, { operationsPerSecond: 400 });
  const { move } = moving;
  fromMonitoring = await Promise.all(move.old.ports.map((port) => TcpProxy.to(port, undefined, UNEXPECTED_CLIENT)));
  // Its connections are open for much of the time.
  for (const proxy of fromMonitoring) proxy.slow({ delayMs: 40 });
  const others = fromMonitoring.map(({ port }) => port);
  jobPort = await freePort();
  metrics = await LabMetrics.start(lab, move.fleet, move.proxies[0], { eachSecond: true, others, jobPort });
});
afterAll(async () => {
  await moving.close();
  await Promise.all(fromMonitoring.map((proxy) => proxy.close()));
  await lab.close();
});

/** The proxies have a rate of errors for as long as it looks back, which is shorter than the alert waits. */
const OF_A_RATE = ['ProxyErrors', 'ProxyTimeouts'];
const ERRORS = ['errors', 'eof', 'timeouts']
  .map((name) => `increase(nutcracker_server_${name}_total[5s]) > 0`)
  .join(' or ');

/** Since the start. */
async function fired(): Promise<string[]> {
  const alerts = await metrics.query('max by (alertname, shard) (max_over_time(ALERTS{alertstate="firing"}[1h]))');
  return alerts.map(({ labels: { alertname, shard = '' } }) => `${alertname} ${shard}`);
}

/** Waits until all rules were evaluated in the present state, however long it lasts, and until no alert would fire then. */
async function causesNoAlert(state: string): Promise<void> {
  const scrapes = async (): Promise<number> =>
    (await metrics.query('min(count_over_time(up{job="fleet-redis"}[1h]))'))[0].value;
  const start = await scrapes();
  let pending: string[] = [];
  await until(`no alert is pending in the state ${state}`, async () => {
    expect([state, await fired()]).toEqual([state, []]);
    pending = (await metrics.alerts()).map(({ name }) => name).filter((name) => !OF_A_RATE.includes(name));
    const errors = await metrics.query(ERRORS);
    return pending.length + errors.length === 0 && (await scrapes()) > start + 3;
  }).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}: ${pending.join(', ')}`);
  });
}

/** The shards of which no server says that it is a master: ShardWithoutMaster, which a moving fleet does not have. */
async function shardsWithoutMaster(): Promise<number> {
  const master = 'redis_instance_info{fleet="fleet",role="master"}';
  return (await metrics.query(`group by (shard) (redis_up{fleet="fleet"}) unless on (shard) ${master}`)).length;
}

/** The queries of the dashboard, while one shard has moved, and a Job waits for the other one. */
async function untilDashboardHasData(): Promise<void> {
  const { move } = moving;
  await move.run('rollback', '--shards', '1');
  move.networks[1].hold();
  const sync = move.migrator('sync', '--metrics-port', String(jobPort));
  await metrics.untilDashboardHasData(move.fleet);
  await move.networks[1].heal();
  expect(await sync.exit()).toBe(0);
}

test('no alert fires during a whole move, and the exporter of the old servers blocks no cutover', async () => {
  const { move, load } = moving;
  await causesNoAlert('before the move');
  const others = async (): Promise<number> => (await metrics.query('redis_up{job="others"} == 1')).length;
  await until('the old servers were scraped', async () => (await others()) === 2);
  expect(await move.run('preflight')).not.toContain(UNEXPECTED_CLIENT);
  await move.run('sync');
  await causesNoAlert('in sync');
  expect(await shardsWithoutMaster()).toBe(2);
  await move.run('verify', '--full');

  await move.run('cutover', '--shards', '0');
  await causesNoAlert('one shard cut over');
  await untilDashboardHasData();
  await move.run('rollback', '--shards', '0', '--accept-loss');
  await causesNoAlert('rolled back');
  await move.run('sync');
  await move.run('cutover');
  await causesNoAlert('cut over');

  await move.rollOut(load);
  await metrics.follow(move.fleet, move.proxies[0]);
  await causesNoAlert('moved');
  expect(await shardsWithoutMaster()).toBe(0);
});

// What a command exports for Prometheus while it runs, by the real migrator and promtool.

import { execFileSync } from 'node:child_process';
import { freePort, Lab, until } from '../../lab/lab';
import { LabMove } from '../../lab/move';

const lab = new Lab();
let move: LabMove;

beforeAll(async () => {
  move = await LabMove.of(lab, { servers: 2, proxies: 0, network: 'for replicas' });
  await move.start();
});
afterAll(async () => {
  await move.close();
  await lab.close();
});

async function read(port: number, path = '/metrics'): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  return response === undefined ? '' : `${response.status} ${await response.text()}`;
}

function valueOf(text: string, metric: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`cdk8s_twemproxy_job_${metric} `));
  return Number(line?.split(' ').at(-1));
}

test('a synchronization exports its shards by state, and ends as without metrics', async () => {
  const port = await freePort();
  move.networks[0].hold();
  const program = move.migrator('sync', '--metrics-port', String(port));
  let text = '';
  await until('one shard is done and one is not', async () => {
    text = await read(port);
    return valueOf(text, 'shards{command="sync",state="done"}') === 1;
  });
  execFileSync('promtool', ['check', 'metrics'], { input: text.replace('200 ', '') });
  expect(text.match(/^cdk8s_twemproxy_job_shards\{/gm)).toHaveLength(2);
  expect(valueOf(text, 'bytes{command="sync"}')).toBe(0);
  expect(valueOf(text, 'lag_bytes{command="sync"}')).toBe(0);
  const at = valueOf(text, 'progress_timestamp_seconds{command="sync"}');
  expect(Math.abs(Date.now() / 1000 - at)).toBeLessThan(60);
  expect(await read(port, '/')).toBe('404 ');

  await move.networks[0].heal();
  expect(await program.exit()).toBe(0);
  expect(await read(port)).toBe('');
});

test('a port that is taken costs only the metrics', async () => {
  expect(await move.run('status', '--metrics-port', String(move.old.portOf(0)))).toContain(
    'there are no metrics: listen',
  );
});

test('a number that is no port is refused', async () => {
  const program = move.migrator('status', '--metrics-port', '65536');
  expect(await program.exit()).toBe(2);
  expect(program.output).toContain('--metrics-port is 65536; write a port from 1 to 65535');
});

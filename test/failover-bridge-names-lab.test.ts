// How the failover bridge starts when the name server does not.

import { FakeShards, fakePorts, master, vote } from './lab/fake-shards';
import { LabFailoverBridge } from './lab/failover-bridge';
import { Lab, until } from './lab/lab';
import { NameServer } from './lab/name-server';

let lab: Lab;
let names: NameServer;
beforeEach(async () => {
  lab = new Lab();
  names = await NameServer.start();
});
afterEach(async () => {
  await lab.close();
  names.close();
});

test('a server whose name is resolved late gets no client before it has passed its checks', async () => {
  const ports = await fakePorts();
  const nobody = vote('10.0.0.3', 1);
  // Two masters that nobody confirms.
  const shard = {
    a: { info: master() },
    b: { info: master() },
    votes: [nobody, nobody, nobody] as [string, string, string],
  };
  const fakes = await FakeShards.start([shard], ports);
  const name = (host: string, port: number): string => `${host}.unit-1.svc.cluster.local.:${port}`;
  const bridge = await LabFailoverBridge.write(
    lab,
    { shards: [{ a: name('a', ports.a), b: name('b', ports.b) }], sentinels: fakes.sentinels },
    {
      change: (cfg) =>
        cfg
          .replace('parse-resolv-conf', `nameserver lab 127.0.0.1:${names.port}`)
          .replace('timeout resolve 10s', 'timeout resolve 100ms'),
    },
  );
  const program = await bridge.start();
  names.address = '127.0.1.1';
  await until('the names are resolved', () => program.output.match(/^shard-0\S* changed its IP/gm)?.length === 6);
  await bridge.checked(10);
  expect(program.output).not.toMatch(/is UP/);
  expect(await bridge.ask(0, 'GET who')).toBeUndefined();

  shard.votes.fill(vote('127.0.1.1', ports.a));
  await until('a gets clients', async () => (await bridge.ask(0, 'GET who')) === 'a');
  fakes.close();
});

// capacity --live asks real servers, and reports every one that it cannot use.

import { addressesOf } from '../../../../cli/input/fleet-info';
import { askServers, type LiveTls } from '../../../../cli/input/live-info';
import { InputError } from '../../../../cli/output/input-error';
import { capacityOf } from '../../../../cli/commands/capacity/capacity';
import { Authority, type CertificateSecret, startTlsServer, trusting } from '../../../lab/certificates';
import { accepts, freePorts, Lab } from '../../../lab/lab';
import { configFile, plain, pool } from '../../configurations';

const lab = new Lab();
afterAll(() => lab.close());

async function start(port: number, ...options: string[]): Promise<void> {
  const server = lab.start('redis-server', ['--port', String(port), '--save', '', '--dir', lab.dir, ...options]);
  await server.ready(() => accepts(port));
}

test('the INFO and the settings of each server, and the errors of all of them', async () => {
  const [one, other, replica, closed] = await freePorts(4);
  const settings = ['--requirepass', 'secret', '--auto-aof-rewrite-percentage', '50'];
  await start(one, ...settings, '--maxmemory', '64mb', '--client-output-buffer-limit', 'replica 1mb 1mb 1');
  await start(other, '--requirepass', 'other');
  await start(replica, '--requirepass', 'secret', '--replicaof', `127.0.0.1 ${closed}`);
  const config = configFile('n.yml', pool('alpha', [`127.0.0.1:${one}:1 server0`]));
  const samples = await askServers(addressesOf(config.pools), 'secret');
  const capacity = capacityOf(config, [config.pools], [samples], { replicas: 0, days: 0 });
  const [{ server }] = capacity.fleets[0].shards;
  expect(server).toMatchObject({ maxmemory: 64 * 2 ** 20, replicaLimit: 2 ** 20, aofGrowth: 0.5 });
  expect(capacity.exitCode).toBe(0);
  expect(capacity.lines(plain).join('\n')).toContain('maxmemory: Size.mebibytes(64),');

  const addresses = [one, other, replica, closed].map((port) => `127.0.0.1:${port}`);
  const error: unknown = await askServers(addresses, 'secret').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).messages).toEqual([
    expect.stringMatching(`^127.0.0.1:${other}: WRONGPASS .*; set REDIS_PASSWORD to the right password$`),
    `127.0.0.1:${replica}: it is a replica of 127.0.0.1:${closed}; give the INFO of the master`,
    expect.stringMatching(`^127.0.0.1:${closed}: connect ECONNREFUSED .*; check the address and the network`),
  ]);
});

describe('with TLS', () => {
  const authority = new Authority(lab, 'first');
  const own = new Authority(lab, 'of clients');
  const ca = lab.write('trusted.crt', authority.certificate);
  const files = (name: string, secret: CertificateSecret): { cert: string; key: string } => ({
    cert: lab.write(`${name}.crt`, secret['tls.crt']),
    key: lab.write(`${name}.key`, secret['tls.key']),
  });

  async function errorsOf(secret: CertificateSecret, tls: Partial<LiveTls> = {}): Promise<readonly string[]> {
    const { port, server } = await startTlsServer(lab, secret);
    const error: unknown = await askServers([`127.0.0.1:${port}`], undefined, { ca, ...tls }).catch(
      (it: unknown) => it,
    );
    await server.stop();
    return error instanceof InputError ? error.messages : [];
  }

  test.each<[string, () => CertificateSecret, Partial<LiveTls>, RegExp | undefined]>([
    ['of its authority is asked', () => authority.issue(['server']), {}, undefined],
    ['of a given name is asked', () => authority.issue(['server'], { noAddress: true }), { name: 'server' }, undefined],
    [
      'of another name is named',
      () => authority.issue(['server']),
      { name: 'other' },
      /^127\.0\.0\.1:\d+: its certificate of server \(issued by first, .*; issue it for the name of this server as well$/,
    ],
    [
      'that has expired is named',
      () => authority.issue(['server'], { days: -1 }),
      {},
      /its certificate of server .* is refused: certificate has expired; renew it/,
    ],
    [
      'of another authority is named',
      () => new Authority(lab, 'foreign').issue(['server']),
      {},
      /issued by foreign, .*; add the authority that issued it to .*trusted\.crt, or issue it by one of those$/,
    ],
  ])('a server with a certificate %s', async (_what, issue, tls, message) => {
    expect(await errorsOf(issue(), tls)).toEqual(message ? [expect.stringMatching(message)] : []);
  });

  test('a server that requires a certificate gets one, or is named', async () => {
    const secret = trusting(authority.issue(['server']), own);
    const { port, server } = await startTlsServer(lab, secret, ['--tls-auth-clients', 'yes']);
    const ask = (certificate?: LiveTls['certificate']): Promise<unknown> =>
      askServers([`127.0.0.1:${port}`], undefined, { ca, certificate }).then(
        (all) => all.length,
        (error: unknown) => (error as InputError).messages[0],
      );
    expect(await ask(files('own', own.issue(['capacity'])))).toBe(1);
    expect(await ask()).toMatch(/it requires a certificate of its clients .*; give one that it accepts/);
    await server.stop();
  });

  test('a server with TLS is named if the option is missing, and a file without authorities is refused', async () => {
    const { port } = await startTlsServer(lab, authority.issue(['server']));
    const ask = (tls?: LiveTls): Promise<unknown> => askServers([`127.0.0.1:${port}`], undefined, tls);
    await expect(ask()).rejects.toThrow(/TLS.*--tls-ca/);
    await expect(ask({ ca: lab.write('empty.crt', '') })).rejects.toThrow('has no certificate in PEM');
  });
});

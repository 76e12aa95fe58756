// Old servers with TLS that something is wrong with: preflight finds it before anything changes, and nothing goes without TLS.

import { TlsPhase } from '../../lib';
import { everyNth, longTest } from '../lab/cases';
import { Authority, type CertificateSecret } from '../lab/certificates';
import { Lab, until } from '../lab/lab';
import { LabMove, type LabMoveProps } from '../lab/move';
import { type OldFleetTls } from '../lab/old-fleet';

let lab: Lab;
let oldAuthority: Authority;
beforeEach(() => {
  lab = new Lab();
  oldAuthority = new Authority(lab, 'old authority');
});
afterEach(() => lab.close());

const NAME = 'redis.old.example';

/** @param client what the new side shows the old servers */
async function started(old?: OldFleetTls, client?: CertificateSecret, proxies = 0): Promise<LabMove> {
  const authority = new Authority(lab, 'new authority');
  const clientSecretName = client && { clientSecretName: 'old-client' };
  const props: LabMoveProps = {
    servers: 1,
    proxies,
    tls: old,
    fleet: {
      tls: { phase: TlsPhase.OFFERED, secretName: 'shards' },
      certificates: {
        shards: authority.issue(['fleet-shard-0']),
        'old-ca': oldAuthority.issue([]),
        ...(client && { 'old-client': client }),
      },
      migration: { oldTls: { caSecretName: 'old-ca', serverName: NAME, ...clientSecretName } },
    },
  };
  const it = await LabMove.of(lab, props);
  await it.start();
  return it;
}

async function refused(it: LabMove, command: string): Promise<string> {
  const program = it.migrator(command);
  const code = await program.exit();
  return `${program.output}exit code ${String(code)}`;
}

const foreign = (): Authority => new Authority(lab, 'foreign');
const server = (certificate: CertificateSecret): OldFleetTls => ({ certificate: () => certificate });
const requiring = (): OldFleetTls => ({ ...server(oldAuthority.issue([NAME])), client: oldAuthority.issue(['lab']) });

test.each<[string, () => [OldFleetTls, CertificateSecret?], RegExp]>(
  everyNth(2, [
    [
      'a certificate that has expired',
      () => [server(oldAuthority.issue([NAME], { days: -1 }))],
      /:\d+: its certificate of redis\.old\.example \(issued by old authority, valid until .*\) is refused: certificate has expired; renew it/,
    ],
    [
      'a certificate of another authority',
      () => [server(foreign().issue([NAME]))],
      /:\d+: its certificate of redis\.old\.example \(issued by foreign, .* is refused: .*; add the authority that issued it to \S+old-ca-ca\.crt/,
    ],
    [
      'a certificate of another server',
      () => [server(oldAuthority.issue(['other']))],
      /:\d+: its certificate of other \(issued by old authority, .* is refused: .*; issue it for the name of this server as well/,
    ],
    [
      'clients without a certificate',
      () => [requiring()],
      /:\d+: it requires a certificate of its clients \(certificate required\); give one that it accepts/,
    ],
    [
      'clients with a certificate of another authority',
      () => [requiring(), foreign().issue(['another'])],
      /:\d+: it refuses the certificate of this program, of another \(issued by foreign, valid until .*\): .*; renew it, or issue it/,
    ],
  ]),
)('preflight refuses %s, by name, and nothing changes', async (_what, options, message) => {
  const it = await started(...options());
  for (const command of ['preflight', 'sync']) {
    const output = await refused(it, command);
    expect(output).toMatch(message);
    expect(output).toContain('exit code 3');
  }
  expect((await it.roles())[0].new).toBe('slave of 127.0.0.1:1');
});

longTest('an old server that has no TLS is sent no password: nothing falls back', async () => {
  const it = await started(undefined, undefined, 1);
  const client = it.old.serverClient(0);
  await client.config('RESETSTAT');
  const connections = async (): Promise<number> =>
    Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1]);
  const before = await connections();
  await until('the bridge has tried', async () => (await connections()) > before + 20);
  expect(await refused(it, 'preflight')).toMatch(
    /:\d+: there was no TLS handshake in time; if that is its port without TLS/,
  );
  expect(await client.info('commandstats')).not.toContain('cmdstat_auth');
  client.disconnect();
});

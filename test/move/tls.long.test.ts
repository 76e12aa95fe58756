// Moves from old servers with TLS, under load: their own TLS with certificates of clients, or that of a tunnel in front of them; and from old
// servers without TLS to shards with it.

import { TlsPhase } from '../../lib';
import { inMatrix } from '../lab/cases';
import { Authority } from '../lab/certificates';
import { Lab, until } from '../lab/lab';
import { type LabMoveProps } from '../lab/move';
import { Moving, OLD } from './moving';

let lab: Lab;
let moving: Moving | undefined;
let oldAuthority: Authority;
let authority: Authority;
beforeEach(() => {
  lab = new Lab();
  moving = undefined;
  oldAuthority = new Authority(lab, 'old authority');
  authority = new Authority(lab, 'new authority');
});
afterEach(async () => {
  await moving?.close();
  await lab.close();
});

const NAME = 'redis.old.example';
const SHARDS = ['fleet-shard-0', 'fleet-shard-1'];

/** Both authorities, since an old server that follows its shard verifies it. */
const both = (): string => oldAuthority.certificate + authority.certificate;

type Options = Pick<LabMoveProps, 'tls' | 'tunnel' | 'directives'> & {
  readonly withClient?: boolean;
  readonly keepLegacyInSync?: boolean;
};

async function started(
  phase: TlsPhase,
  { withClient = false, keepLegacyInSync = true, ...props }: Options,
): Promise<Moving> {
  const client = oldAuthority.issue(['mover']);
  const oldTls = (props.tls ?? props.tunnel) && {
    caSecretName: 'old-ca',
    serverName: NAME,
    ...(withClient && { clientSecretName: 'old-client' }),
  };
  moving = await Moving.of(lab, {
    ...props,
    fleet: {
      tls: { phase, secretName: 'shards' },
      certificates: { shards: authority.issue(SHARDS), 'old-ca': client, 'old-client': client },
      migration: { keepLegacyInSync, oldTls },
    },
  });
  return moving;
}

/** Old servers that require certificates, and follow by TLS. */
function ownTls(): Options {
  const client = oldAuthority.issue(['anyone']);
  return {
    withClient: true,
    tls: { certificate: () => ({ ...oldAuthority.issue([NAME]), 'ca.crt': both() }), client },
    directives: (n) => [...(OLD.directives?.(n) ?? []), ['tls-replication', 'yes']],
  };
}

async function clientsWrite({ load }: Moving): Promise<void> {
  const before = load.acknowledgedWrites;
  await until('clients write', () => load.acknowledgedWrites > before + 500);
}

/** What a shard follows, and whether by TLS. A server that follows nobody may be set to either. */
async function linkOf({ move: { fleet } }: Moving): Promise<string> {
  const client = fleet.shardClient(0);
  const [role, host, port] = (await client.call('ROLE')) as string[];
  const [, byTls] = (await client.config('GET', 'tls-replication')) as string[];
  client.disconnect();
  return role === 'master' || Number(port) === 1 ? role : `${role} of ${host}:${port}, by TLS: ${byTls}`;
}

/** A restart of its program, which must keep that. */
async function restart(running: Moving): Promise<void> {
  const { fleet } = running.move;
  const before = await linkOf(running);
  await fleet.shard(0).stop('SIGKILL');
  await fleet.startShard(0);
  expect(await linkOf(running)).toBe(before);
}

const CASES: [string, TlsPhase, () => Options][] = [
  ['with TLS and certificates of clients, to shards with TLS only', TlsPhase.REQUIRED, ownTls],
  ['with TLS and certificates of clients, to shards with both ports', TlsPhase.USED, ownTls],
  [
    'with TLS but without certificates of clients, to shards with a plain port',
    TlsPhase.OFFERED,
    () => ({ tls: { certificate: () => oldAuthority.issue([NAME]) } }),
  ],
  [
    'with TLS that a tunnel has, to shards with a plain port',
    TlsPhase.OFFERED,
    () => ({ tunnel: oldAuthority.issue([NAME]) }),
  ],
  ['without TLS, to shards with TLS only', TlsPhase.REQUIRED, () => ({ keepLegacyInSync: false })],
  ['without TLS, to shards with both ports', TlsPhase.USED, () => ({})],
  ['without TLS, to shards with a plain port', TlsPhase.OFFERED, () => ({})],
];

test.each(inMatrix(2, CASES))(
  'from old servers %s: there, back, there again, and without the bridge',
  async (_what, phase, options) => {
    const running = await started(phase, options());
    const { keepLegacyInSync = true } = options();
    const { move: it, load } = running;
    const keys = await it.old.fill(22);
    const before = await it.contents('old', keys);
    expect(await it.run('preflight')).toContain('nothing prevents the migration (0 warnings)');
    expect(await (await it.fleet.jobPod('preflight').start()).exit()).toBe(0);
    await it.run('sync');
    await restart(running);
    await it.run('sync');
    expect(await it.run('preflight')).toContain('nothing prevents the migration (0 warnings)');
    await it.run('verify', '--full');
    await clientsWrite(running);
    if (keepLegacyInSync) {
      await it.run('cutover');
      expect(await it.run('status')).toContain('2 following');
      await clientsWrite(running);
      await restart(running);
      const old = it.old.serverClient(0);
      await until('the old server follows again', async () => {
        return (await old.info('replication')).includes('master_link_status:up');
      }).finally(() => {
        old.disconnect();
      });
    }
    await it.run('rollback');
    await restart(running);
    await clientsWrite(running);
    await it.run('sync');
    await it.run('cutover');
    expect(await it.run('status')).toContain(keepLegacyInSync ? '2 following' : '2 moved');
    await clientsWrite(running);
    expect(await it.contents('new', keys)).toEqual(before);
    await it.rollOut(load);
    expect(it.fleet.charts.migration).toBeUndefined();
    await clientsWrite(running);
    await running.judge();
  },
);

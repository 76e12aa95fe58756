// The cost of TLS: the same requests without it, from proxies to shards, and from clients to shards; and of new connections.

import * as fs from 'node:fs';
import * as tls from 'node:tls';
import { once } from 'node:events';
import { RedisConfig, TlsPhase } from '../../lib';
import { Authority } from '../../test/lab/certificates';
import { PASSWORD } from '../../test/lab/clients';
import { Lab } from '../../test/lab/lab';
import { CLIENT_TLS_PORT, LabTls, type Stage } from '../../test/lab/tls';
import { heading, row, times } from '../table';
import { type Load, runLoad } from './client';
import { compare, cpuSeconds, type Figures, type Path } from './measure';
import { decimals, type Effort, figures, loadsOf, nameOf, requestsOf } from './scale';

const SHARDS = 4;
const SERVER = 'proxies.example.net';

const LOADS: readonly Load[] = [
  { command: 'GET', bytes: 100, connections: 50, requests: 24_000 },
  { command: 'SET', bytes: 100, connections: 50, requests: 24_000 },
  { command: 'GET', bytes: 100, connections: 1, requests: 6000 },
  { command: 'GET', bytes: 16_000, connections: 50, requests: 12_000 },
  { command: 'GET', bytes: 100, connections: 50, pipeline: 16, requests: 120_000 },
];

const NEW_CONNECTIONS = 2000;

/** A fleet in its lab, since all have the same names. */
interface Measured {
  readonly lab: Lab;
  readonly fleet: LabTls;
  /** The authority of its certificates. */
  readonly file: string;
}

export async function tlsCost(lab: Lab, effort: Effort): Promise<void> {
  const labs = [new Lab(), new Lab(), new Lab()];
  const clientTls = { secretName: 'proxies', port: CLIENT_TLS_PORT };
  const stages: Stage[] = [
    {},
    { tls: { secretName: 'shards', phase: TlsPhase.USED } },
    { tls: { secretName: 'shards', phase: TlsPhase.REQUIRED }, clientTls },
  ];
  try {
    const [plain, behind, whole] = await Promise.all(stages.map((stage, i) => started(labs[i], stage)));
    await requests(lab, [plain, behind, whole], effort);
    await newConnections(whole, Math.max(50, Math.round(NEW_CONNECTIONS * effort.share)));
  } finally {
    await Promise.all(labs.map((each) => each.close()));
  }
}

async function started(lab: Lab, stage: Stage): Promise<Measured> {
  const fleet = await LabTls.of(lab, SHARDS, { redis: { config: RedisConfig.of({ appendonly: false, save: [] }) } });
  const authority = new Authority(lab, 'any');
  fleet.secrets.shards = authority.issue(Array.from({ length: SHARDS }, (_, n) => `fleet-shard-${n}`));
  fleet.secrets.proxies = authority.issue([SERVER]);
  await fleet.apply(stage);
  return { lab, fleet, file: lab.write('authority.crt', authority.certificate) };
}

async function requests(lab: Lab, [plain, behind, whole]: Measured[], effort: Effort): Promise<void> {
  const paths = [
    directly(plain, '  Redis itself, no TLS', 'plain'),
    directly(behind, '  Redis itself, TLS', 'tls'),
    through(plain, '  nutcracker, no TLS'),
    through(behind, '  nutcracker, TLS to the shards'),
    through(whole, '  TLS to nutcracker, TLS to the shards'),
  ];
  for (const load of loadsOf(LOADS, effort)) {
    // What is read was written, on the server of the ring and on the one that is read directly.
    for (const { ports, clientArgs } of paths)
      await runLoad(lab, ports[0], PASSWORD, { ...load, command: 'SET', connections: 50, requests: 8000 }, clientArgs);
    const found = await compare(lab, paths, requestsOf(load, effort), effort.rounds);
    heading(nameOf(load), 'ops/s', 'of plain', 'p50 ms', 'p99 ms', 'nutcracker s', 'haproxy s', 'redis s');
    for (const [i, each] of found.entries()) row(paths[i].name, ...cells(each, found[i < 2 ? 0 : 2]));
  }
}

function through({ fleet, file }: Measured, name: string): Path {
  const pod = fleet.proxyPod;
  const isTls = fleet.charts.proxies.tlsPorts.length > 0;
  return {
    name,
    ports: [fleet.proxyPort(isTls ? 'tls' : 'plain')],
    password: PASSWORD,
    clientArgs: isTls ? tlsArgs(file) : [],
    programs: {
      nutcracker: [pod.program('nutcracker')],
      ...(pod.started('bridge') && { haproxy: [pod.program('bridge')] }),
      redis: Array.from({ length: SHARDS }, (_, n) => fleet.shardPod(n).program('redis')),
    },
  };
}

function directly({ fleet, file }: Measured, name: string, kind: 'plain' | 'tls'): Path {
  return {
    name,
    ports: [fleet.portOf(0, kind)],
    password: PASSWORD,
    clientArgs: kind === 'tls' ? tlsArgs(file) : [],
    programs: { redis: [fleet.shardPod(0).program('redis')] },
  };
}

function tlsArgs(file: string): string[] {
  return ['--tls', '--cacert', file];
}

function cells({ rate, p50, p99, cpu }: Figures, plain: Figures): string[] {
  const ofPrograms = ['nutcracker', 'haproxy', 'redis'].map((name) => (name in cpu ? decimals(cpu[name]) : '-'));
  return [figures(rate), times(rate / plain.rate), decimals(p50), decimals(p99), ...ofPrograms];
}

/** New connections of clients, one after the other, each with a new session or with that of the first one. */
async function newConnections({ fleet, file }: Measured, count: number): Promise<void> {
  const options = { port: fleet.proxyPort('tls'), ca: fs.readFileSync(file), servername: SERVER };
  const bridge = [fleet.proxyPod.program('bridge')];
  const session = await sessionOf(options);
  heading(`${count} new connections of clients`, 'connections/s', 'resumed', 'haproxy s');
  for (const [name, given] of [
    ['  each with a new session', undefined],
    ['  each with the session of the first', session],
  ] as const) {
    const before = cpuSeconds(bridge);
    const start = performance.now();
    let resumed = 0;
    for (let i = 0; i < count; i++) {
      const socket = tls.connect({ ...options, session: given });
      await once(socket, 'secureConnect');
      if (socket.isSessionReused()) resumed++;
      socket.destroy();
    }
    const rate = count / ((performance.now() - start) / 1000);
    const cpu = ((cpuSeconds(bridge) - before) / count) * 1000;
    row(name, figures(rate), resumed === 0 ? '-' : figures(resumed), `${decimals(cpu)} / 1000`);
  }
}

async function sessionOf(options: tls.ConnectionOptions): Promise<Buffer> {
  const socket = tls.connect(options);
  // With TLS 1.3, the server sends it after the handshake.
  const [session] = (await once(socket, 'session')) as [Buffer];
  socket.destroy();
  return session;
}

// The pod of the metrics: the exporter of the shards, and the exporter of the proxies.

import { Size } from 'cdk8s';
import { Cpu, k8s } from 'cdk8s-plus-27';
import { podSpec, resources, RESTRICTED } from '../common/pod-options';
import { secretEnv, type SecretKey } from '../common/secret-key';
import { CA_FILE, caFiles, caSecretOf, NO_FILES, type SecretFiles } from '../tls/tls-files';
import { type ShardTls } from '../tls/tls-options';
import { DEFAULT_JOB_IMAGE } from '../jobs/job-options';
import { DEFAULT_REDIS_EXPORTER_IMAGE, type MetricsOptions } from './metrics-options';

/** The port of the exporter of the shards, the usual one of redis_exporter, and of the exporter of the proxies. */
export const REDIS_EXPORTER_PORT = 9121;
export const PROXY_EXPORTER_PORT = 9122;

/** The names of the ports. */
export const REDIS_EXPORTER = 'redis-exporter';
export const PROXY_EXPORTER = 'proxy-exporter';

/** The exporter of the proxies: the directory of its source, and the name of its bundle. */
export const EXPORTER = { name: 'exporter' };

const MOUNT = { name: 'exporter', mountPath: '/opt/exporter', readOnly: true };

/** How long an exporter waits for a server, in seconds: shorter than a scrape, so that Prometheus reads that it is down. */
export const SERVER_TIMEOUT_SECONDS = 3;

/** Without limits, Node.js keeps garbage of many times of what it uses (bench/move.md). */
const SMALL_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=64'];

export interface MetricsPodWiring {
  /** The program, and the shard of each server. */
  readonly configMap: string;
  readonly selector: Record<string, string>;
  readonly statsPort: number;
  readonly password?: SecretKey;
  /** Of the shards, if the exporter connects to them by TLS. */
  readonly tls?: ShardTls;
  /** The ports whose certificates are read. */
  readonly tlsPorts: readonly number[];
}

/** The pod's specification. */
export function metricsPod(options: MetricsOptions, wiring: MetricsPodWiring): k8s.PodSpec {
  return {
    ...podSpec(options, wiring.selector),
    topologySpreadConstraints: undefined,
    containers: [redisExporter(options, wiring), proxyExporter(options, wiring)],
    volumes: [{ name: MOUNT.name, configMap: { name: wiring.configMap } }, ...authorities(wiring).volumes],
  };
}

function authorities({ tls }: MetricsPodWiring): SecretFiles {
  return tls ? caFiles(caSecretOf(tls)) : NO_FILES;
}

function redisExporter(options: MetricsOptions, wiring: MetricsPodWiring): k8s.Container {
  const { password, tls } = wiring;
  return {
    name: REDIS_EXPORTER,
    image: options.redisExporterImage ?? DEFAULT_REDIS_EXPORTER_IMAGE,
    imagePullPolicy: options.imagePullPolicy,
    command: [
      '/redis_exporter',
      // It has no server of its own: each scrape names one.
      '-redis.addr=',
      `-connection-timeout=${SERVER_TIMEOUT_SECONDS}s`,
      `-web.listen-address=:${REDIS_EXPORTER_PORT}`,
      ...(tls ? [`-tls-ca-cert-file=${CA_FILE}`] : []),
    ],
    // All servers have one password. Its file of passwords would have to name every server, in JSON, where a password of any bytes
    // does not fit.
    env: secretEnv('REDIS_PASSWORD', password),
    ...common(options, REDIS_EXPORTER, REDIS_EXPORTER_PORT),
    ...(tls && { volumeMounts: authorities(wiring).mounts }),
  };
}

function proxyExporter(options: MetricsOptions, { statsPort, tlsPorts }: MetricsPodWiring): k8s.Container {
  return {
    name: PROXY_EXPORTER,
    image: options.proxyExporterImage ?? DEFAULT_JOB_IMAGE,
    imagePullPolicy: options.imagePullPolicy,
    command: [
      'node',
      ...SMALL_HEAP,
      `${MOUNT.mountPath}/exporter.mjs`,
      `--listen=${PROXY_EXPORTER_PORT}`,
      `--stats-port=${statsPort}`,
      ...(tlsPorts.length > 0 ? [`--tls-ports=${tlsPorts.join(',')}`] : []),
      '--shards',
      `${MOUNT.mountPath}/shards.json`,
      `--timeout=${SERVER_TIMEOUT_SECONDS * 1000}`,
    ],
    ...common(options, PROXY_EXPORTER, PROXY_EXPORTER_PORT),
    volumeMounts: [MOUNT],
  };
}

function common(
  { memory = Size.mebibytes(128), cpu = Cpu.millis(100), cpuLimit }: MetricsOptions,
  portName: string,
  containerPort: number,
): Pick<k8s.Container, 'ports' | 'readinessProbe' | 'livenessProbe' | 'securityContext' | 'resources'> {
  const health = { httpGet: { path: '/health', port: k8s.IntOrString.fromString(portName) }, timeoutSeconds: 5 };
  return {
    ports: [{ name: portName, containerPort }],
    readinessProbe: { ...health, periodSeconds: 5 },
    livenessProbe: { ...health, periodSeconds: 10, failureThreshold: 6 },
    securityContext: RESTRICTED,
    resources: resources(memory, cpu, cpuLimit),
  };
}

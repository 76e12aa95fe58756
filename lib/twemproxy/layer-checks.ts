// Checks of the props of TwemproxyLayer.

import * as net from 'node:net';
import { type Construct } from 'constructs';
import { checkPodOptions } from '../common/pod-options';
import {
  checkImage,
  checkMemoryFor,
  checkName,
  checkOneOf,
  checkPort,
  checkSeconds,
  checkSubdomain,
  checkWhole,
  refuse,
} from '../common/prop-errors';
import { RING_USERS } from '../reshard/reshard-plan';
import { checkClientTls } from '../tls/tls-checks';
import { type TwemproxyLayerProps } from '../twemproxy-layer-props';
import { checkBridge } from './bridge-checks';
import { ProxyServiceType } from './twemproxy-options';

/** nutcracker takes 3 at its start, plus buffers for each request. */
const LEAST_MEBIBYTES = 16;

/** Whether the Service is reachable from outside the cluster. */
export function isExternal({ serviceType = ProxyServiceType.CLUSTER_IP }: TwemproxyLayerProps): boolean {
  return serviceType !== ProxyServiceType.CLUSTER_IP;
}

/** Refuses props with which the proxies would not start, or not as they should. */
export function checkLayer(scope: Construct, props: TwemproxyLayerProps): void {
  checkName(scope, 'name', props.name);
  checkName(scope, 'serviceName', props.serviceName ?? props.name);
  if (props.configMapName !== undefined) checkSubdomain(scope, 'configMapName', props.configMapName);
  checkImage(scope, 'image', props.image);
  checkMemoryFor(scope, 'memory', props.memory, LEAST_MEBIBYTES);
  checkPodOptions(scope, props);
  if (props.bridge) checkBridge(scope, props.bridge);
  checkClientTls(scope, props.clientTls);
  if (props.clientTls && !props.bridge)
    refuse(scope, 'clientTls is set, but there is no bridge, which ends TLS; set bridge, such as to a ShardBridge');
  checkWhole(scope, 'replicas', props.replicas ?? 2, 1, 10_000);
  checkWhole(scope, 'mbufBytes', props.mbufBytes ?? 16_384, 512, 16_777_216);
  checkWhole(scope, 'verbosity', props.verbosity ?? 5, 0, 11);
  checkPort(scope, 'statsPort', props.statsPort ?? 22_222);
  checkOneOf(scope, 'externalTrafficPolicy', props.externalTrafficPolicy, ['Cluster', 'Local']);
  checkSeconds(scope, 'shutdownDelay', props.shutdownDelay);
  checkSeconds(scope, 'statsInterval', props.statsInterval);
  checkWhole(scope, 'statsInterval in seconds', props.statsInterval?.toSeconds() ?? 30, 1, 86_400);
  if (net.isIP(props.listenAddress ?? '0.0.0.0') === 0) {
    refuse(scope, `listenAddress is ${JSON.stringify(props.listenAddress)}; write an address such as 0.0.0.0 or ::`);
  }
  for (const prop of ['nodePort', 'externalTrafficPolicy'] as const) {
    if (props[prop] !== undefined && !isExternal(props)) {
      refuse(
        scope,
        `${prop} is ${props[prop]}, but the Service is a ClusterIP; set serviceType to NODE_PORT or LOAD_BALANCER`,
      );
    }
  }
  if (props.pools.length === 0) refuse(scope, 'pools is empty; list the pools that the proxies serve');
  checkOneOf(scope, 'ringUser', props.ringUser, RING_USERS);
  if (props.ringUser === RING_USERS[1] && !props.bridge?._logsIn)
    refuse(
      scope,
      `ringUser is ${RING_USERS[1]}, but there is no bridge that logs in as this user; set bridge to a LoginBridge, or to a FailoverBridge with ringUsers`,
    );
  if (props.ejectHostsAndServeStaleData) checkEjection(scope, props);
  if (props.autoscaling) {
    checkWhole(scope, 'autoscaling.minReplicas', props.autoscaling.minReplicas ?? 2, 1, 10_000);
    checkWhole(
      scope,
      'autoscaling.maxReplicas',
      props.autoscaling.maxReplicas,
      props.autoscaling.minReplicas ?? 2,
      10_000,
    );
    checkWhole(scope, 'autoscaling.targetCpuPercent', props.autoscaling.targetCpuPercent ?? 60, 1, 100);
    if (props.replicas !== undefined) refuse(scope, 'replicas and autoscaling are both set; remove one of them');
  }
}

function checkEjection(scope: Construct, { pools, bridge }: TwemproxyLayerProps): void {
  const fail = (why: string): never => refuse(scope, `ejectHostsAndServeStaleData is true, but ${why}; leave it out`);
  if (bridge) fail('these proxies have a bridge: during a migration, ejection loses acknowledged writes');
  if (!pools.some(({ pool }) => pool.autoEjectHosts)) fail('no pool has auto_eject_hosts: true');
}

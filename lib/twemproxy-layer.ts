// The proxies of a fleet: nutcracker with the ring of the old fleet.

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { checkProps } from './common/check-props';
import { withPath } from './common/prop-errors';
import { disruptionBudget } from './common/disruption-budget';
import { contentHash, hashedConfigMap } from './common/hashed-config-map';
import { type Identity, recommendedLabels, selectorLabels } from './common/labels';
import { refuseDuplicates } from './common/duplicate-objects';
import { type TwemproxyLayerProps } from './twemproxy-layer-props';
import { type Bridge } from './twemproxy/bridge';
import { bridgeData } from './twemproxy/bridge-pod';
import { directShards, directShardsData } from './twemproxy/direct-shards';
import { type ClientFront, clientFront, tlsPortName } from './twemproxy/client-front';
import { checkLayer, isExternal } from './twemproxy/layer-checks';
import { acceptsPlain, layerPools } from './twemproxy/next-ring';
import { checkPorts } from './twemproxy/port-checks';
import { proxyPod } from './twemproxy/proxy-pod';
import { proxyConfigData, type ServedPool } from './twemproxy/proxy-pool';
import { type ProxyAutoscaling, ProxyServiceType } from './twemproxy/twemproxy-options';

/**
 * The proxies: a Deployment of nutcracker, its configuration, a Service for the pools and the statistics, a disruption budget,
 * and optionally an autoscaler.
 *
 * To set a field that has no prop, patch the object: `layer.deployment.addJsonPatch(JsonPatch.add(...))`.
 */
export class TwemproxyLayer extends Construct {
  /** The Deployment. */
  readonly deployment: k8s.KubeDeployment;
  /** The Service. */
  readonly service: k8s.KubeService;
  /** nutcracker.yml without passwords, and the script that adds them. */
  readonly configMap: k8s.KubeConfigMap;
  /** The configuration of the bridge, if there is one. */
  readonly bridgeConfigMap?: k8s.KubeConfigMap;
  /** The initial states of its servers, if it is a FailoverBridge; otherwise they are in `bridgeConfigMap`. */
  readonly bridgeStatesConfigMap?: k8s.KubeConfigMap;
  /** Limits how many proxies can be evicted at a time. */
  readonly podDisruptionBudget: k8s.KubePodDisruptionBudget;
  /** The autoscaler, if there is one. */
  readonly autoscaler?: k8s.KubeHorizontalPodAutoscalerV2;
  /** The labels of every object. */
  readonly labels: { [key: string]: string };
  /** The labels that select the pods. */
  readonly podSelector: { [key: string]: string };
  /** The open ports of the pools; those without TLS are first. */
  readonly ports: number[];
  /** The ports with TLS; empty without `clientTls`. */
  readonly tlsPorts: number[];
  /** The port of the statistics. */
  readonly statsPort: number;
  /** The port of the bridge's health endpoint, if there is a bridge. */
  readonly healthPort?: number;
  /** Whether the bridge has metrics, at `/metrics` of `healthPort`. */
  readonly hasMetrics: boolean;
  /** `host:port` of every server that the pods connect to. */
  readonly serverAddresses: string[];

  constructor(scope: Construct, id: string, props: TwemproxyLayerProps) {
    super(scope, id);
    checkProps(this, 'TwemproxyLayerProps', props);
    checkLayer(this, props);
    const { name, statsPort = 22_222, listenAddress = '0.0.0.0', bridge } = props;
    const identity: Identity = {
      program: 'twemproxy',
      instance: name,
      component: 'proxy',
      image: props.image,
      partOf: props.partOf ?? name,
    };
    const all = layerPools(this, props);
    const { served, own: pools, next, front } = all;
    const clients = props.clientTls && bridge && clientFront(props.clientTls, all, bridge.healthPort);
    checkPorts(this, pools, statsPort, bridge, front && { front, clients: served[0] }, clients);
    this.labels = recommendedLabels(identity);
    this.podSelector = selectorLabels(identity);
    this.tlsPorts = clients?.pools.map(({ tlsPort }) => tlsPort) ?? [];
    this.ports = [...(acceptsPlain(props) ? served.map(({ port }) => port) : []), ...this.tlsPorts];
    this.statsPort = statsPort;
    this.healthPort = bridge?.healthPort;
    this.hasMetrics = bridge?.options.metrics ?? false;

    const metadata = { name, labels: this.labels };
    // During a change, only one of the users may use keys.
    const direct = next ? [] : directShards(pools, bridge);
    this.serverAddresses = serverAddresses(next ? [...pools, next] : pools, bridge);
    const data = withPath(this, () => proxyConfigData(this, pools, directShardsData(direct), next));
    this.configMap = this.configuration(props, data);
    const bridged = bridge && bridgeData(bridge, listenAddress, { ring: front, clients });
    this.bridgeConfigMap = bridged && this.bridgeFiles('bridge', name, bridged.bridge);
    if (bridge?._statesApart && bridged)
      this.bridgeStatesConfigMap = this.bridgeFiles('bridge-states', name, bridged.states);
    const bridgeMaps = [this.bridgeConfigMap, this.bridgeStatesConfigMap].flatMap((map) => (map ? [map.name] : []));
    const wiring = {
      configMap: this.configMap.name,
      selector: this.podSelector,
      pools,
      statsPort,
      direct,
      bridge: bridge && { bridge, configMaps: bridgeMaps },
      next: next && front && { pool: next, front },
      clients,
    };
    this.deployment = new k8s.KubeDeployment(this, 'deployment', {
      metadata,
      spec: {
        // With an autoscaler, a number here would reset its number at every apply.
        replicas: props.autoscaling ? undefined : (props.replicas ?? 2),
        strategy: SURGE_THEN_STOP,
        selector: { matchLabels: this.podSelector },
        template: {
          metadata: { labels: recommendedLabels(identity, props.podLabels), annotations: podAnnotations(props, data) },
          spec: proxyPod(props, wiring),
        },
      },
    });
    this.service = new k8s.KubeService(this, 'service', {
      metadata: { name: props.serviceName ?? name, labels: this.labels, annotations: props.serviceAnnotations },
      spec: {
        type: props.serviceType ?? ProxyServiceType.CLUSTER_IP,
        externalTrafficPolicy: props.externalTrafficPolicy,
        selector: this.podSelector,
        ports: servicePorts(served, props, clients),
      },
    });
    // An unready proxy serves no clients, and must not block the drain of a node.
    this.podDisruptionBudget = disruptionBudget(this, metadata, this.podSelector, props, 'AlwaysAllow');
    this.autoscaler = props.autoscaling && autoscaler(this, metadata, props.autoscaling);
    refuseDuplicates(this);
  }

  private bridgeFiles(id: string, name: string, data: Record<string, string>): k8s.KubeConfigMap {
    return hashedConfigMap(this, id, `${name}-${id}`, this.labels, data);
  }

  private configuration(props: TwemproxyLayerProps, data: Record<string, string>): k8s.KubeConfigMap {
    const { name, configMapName } = props;
    return configMapName === undefined
      ? hashedConfigMap(this, 'config', `${name}-config`, this.labels, data)
      : new k8s.KubeConfigMap(this, 'config', { metadata: { name: configMapName, labels: this.labels }, data });
  }
}

/** The servers of the pools, and those that the bridge connects to. */
function serverAddresses(pools: ServedPool[], bridge?: Bridge): string[] {
  const own = pools.flatMap(({ pool }) => pool.servers.map(({ address }) => address));
  const outside = own.filter((address) => !address.startsWith('/') && !address.startsWith('127.0.0.1:'));
  return [...new Set([...outside, ...(bridge?.serverAddresses ?? [])])];
}

/** Starts a new proxy before stopping an old one. */
const SURGE_THEN_STOP: k8s.DeploymentStrategy = {
  type: 'RollingUpdate',
  rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(0), maxSurge: k8s.IntOrString.fromNumber(1) },
};

/**
 * The user's annotations; with a bridge, the default container of `kubectl exec` and `kubectl logs`; with a fixed ConfigMap name,
 * a hash of its content, which rolls the pods.
 */
function podAnnotations(props: TwemproxyLayerProps, data: Record<string, string>): Record<string, string> | undefined {
  const { bridge, configMapName } = props;
  const annotations = {
    ...(bridge && { 'kubectl.kubernetes.io/default-container': 'nutcracker' }),
    ...props.podAnnotations,
    ...(configMapName !== undefined && { 'cdk8s-twemproxy/config': contentHash(data) }),
  };
  return Object.keys(annotations).length === 0 ? undefined : annotations;
}

function servicePorts(pools: ServedPool[], props: TwemproxyLayerProps, clients?: ClientFront): k8s.ServicePort[] {
  const { statsPort = 22_222, nodePort, statsInService = !isExternal(props) } = props;
  const named = [
    ...(acceptsPlain(props) ? pools : []),
    ...(clients?.pools ?? []).map((pool) => ({ portName: tlsPortName(pool), port: pool.tlsPort })),
  ];
  const ports = named.map(({ portName, port }, i) => ({
    name: portName,
    port,
    targetPort: k8s.IntOrString.fromString(portName),
    nodePort: i === 0 ? nodePort : undefined,
  }));
  const stats = { name: 'stats', port: statsPort, targetPort: k8s.IntOrString.fromString('stats') };
  return statsInService ? [...ports, stats] : ports;
}

function autoscaler(
  scope: Construct,
  metadata: k8s.ObjectMeta & { name: string },
  { minReplicas = 2, maxReplicas, targetCpuPercent = 60 }: ProxyAutoscaling,
): k8s.KubeHorizontalPodAutoscalerV2 {
  const target = { type: 'Utilization', averageUtilization: targetCpuPercent };
  return new k8s.KubeHorizontalPodAutoscalerV2(scope, 'autoscaler', {
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name },
      minReplicas,
      maxReplicas,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  });
}

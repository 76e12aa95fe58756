// Proves at synth, on the written files, that the proxies of a fleet route every key to the shard with its data.

import { checkWritten, type Manifest } from '../common/manifest-checks';
import { type FleetChartsProps } from '../fleet-charts-props';
import { MigrationPhase } from '../migration/migration-options';
import { NutcrackerConfig } from '../nutcracker';
import { type UsedRing } from '../reshard/plan-json';
import { usesTls } from '../redis/server-ports';
import { type RedisStatefulSet } from '../redis-stateful-set';
import { type ClientTls } from '../tls/tls-options';
import { type TwemproxyLayer } from '../twemproxy-layer';
import { NEXT_FILE } from '../twemproxy/bridge-pod';
import { clientProblems } from '../twemproxy/client-front-proof';
import { type BridgeFiles } from '../twemproxy/haproxy-file';
import { frontProblems, listenOfFront } from '../twemproxy/login-bridge-proof';
import { migrationTrust } from '../twemproxy/migration-bridge-config';
import { NEXT_CONFIG } from '../twemproxy/proxy-pool';
import { type RingProof, ringProblems } from '../twemproxy/ring-proof';
import { hasShardBridge } from './fleet-tls';
import { type FleetPools } from './fleet-pools';
import { type RingChange } from './ring-change';

/** Fails the synth if a pool, or during a change one of both rings, would be routed elsewhere. */
export function proveRings(
  props: FleetChartsProps,
  { live, shards, change }: FleetPools,
  redis: RedisStatefulSet,
  proxies: TwemproxyLayer,
): void {
  const { configMap, bridgeConfigMap, bridgeStatesConfigMap } = proxies;
  const written = [configMap, bridgeConfigMap, bridgeStatesConfigMap].flatMap((it) => (it === undefined ? [] : [it]));
  const { addresses, replicaAddresses: replicas, sentinelAddresses: sentinels } = redis;
  const isDirect = hasShardBridge(props) && props.migration?.phase !== MigrationPhase.MOVING;
  checkWritten(proxies, written, (config, bridge?: Manifest, states = bridge) => {
    const files = bridge && {
      cfg: `${bridge.data['haproxy.cfg']}${states?.data[NEXT_FILE] ?? ''}`,
      stopped: states?.data['stopped-servers'] ?? '',
      cfgName: `haproxy.cfg of ConfigMap ${bridge.metadata.name}`,
    };
    const failover = bridgeStatesConfigMap && {
      replicas,
      sentinels,
      tls: usesTls(props.tls),
      otherPorts: redis._otherPorts,
    };
    const { clientTls } = props.proxies;
    const front = clientTls && bridge ? clientFrontProblems(clientTls, config, bridge) : [];
    if (front.length > 0) return front;
    const servers = { addresses, failover, tls: usesTls(props.tls) };
    if (change) return changeProblems(change, servers, hasShardBridge(props), config, files);
    return ringProblems({
      ...fileOf(config, 'nutcracker'),
      live,
      shards,
      addresses,
      bridge: files,
      failover,
      ...(isDirect && { single: { tls: usesTls(props.tls) } }),
      trust: migrationTrust(usesTls(props.tls), props.migration?.oldTls),
      loseKeysThatMove: props.loseKeysThatMove ?? false,
      mayEject: props.proxies.ejectHostsAndServeStaleData ?? false,
    });
  });
}

function clientFrontProblems(tls: ClientTls, config: Manifest, { data, metadata }: Manifest): string[] {
  const { yaml, fileName } = fileOf(config, 'nutcracker');
  const listens = NutcrackerConfig.fromYaml(yaml, fileName).pools.map(({ listen }) => listen);
  const front = listenOfFront(data['haproxy.cfg']);
  return clientProblems(
    data['clients.cfg'],
    `clients.cfg of ConfigMap ${metadata.name}`,
    tls,
    front === undefined ? listens : [front],
  );
}

/**
 * Each ring has to be as it was asked for, and log in as its own user.
 *
 * @param isBridged whether nutcracker reaches the shards through a ShardBridge while nothing changes, and the ring of the default user serves
 */
function changeProblems(
  { served, next, history }: RingChange,
  servers: Pick<RingProof, 'addresses' | 'failover' | 'tls'>,
  isBridged: boolean,
  config: Manifest,
  bridge?: BridgeFiles,
): string[] {
  const problemsOf = ({ pool, user }: UsedRing, name: string): string[] => {
    // Only the default user connects to the shards directly, and only without replicas, and without TLS.
    const login = user !== 'default';
    const { failover, tls = false } = servers;
    const isSingle = isBridged && !login && next === undefined;
    const isThrough = login || failover !== undefined || tls || isSingle;
    if (isThrough && bridge === undefined)
      return [`the proxies have no bridge through which nutcracker logs in as ${user}`];
    return ringProblems({
      ...fileOf(config, name),
      live: [pool],
      shards: { addresses: [], place: (pools) => history.place(pools) },
      ...servers,
      ...(isThrough && { bridge, login }),
      ...(isSingle && { single: { tls } }),
      loseKeysThatMove: false,
      mayEject: false,
    });
  };
  const ofBoth = [...problemsOf(served, 'nutcracker'), ...(next ? problemsOf(next, NEXT_CONFIG) : [])];
  if (next === undefined || bridge === undefined || ofBoth.length > 0) return ofBoth;
  const listen = (name: string): string => NutcrackerConfig.fromYaml(fileOf(config, name).yaml).pool().listen;
  return frontProblems(bridge, [listen('nutcracker'), listen(NEXT_CONFIG)]);
}

function fileOf({ data, metadata }: Manifest, name: string): Pick<RingProof, 'yaml' | 'fileName'> {
  return { yaml: data[`${name}.yml`], fileName: `${name}.yml of ConfigMap ${metadata.name}` };
}

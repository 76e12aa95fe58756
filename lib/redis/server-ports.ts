// The ports of the servers of a set: a plain one, one with TLS, or while TLS is turned on both.

import { k8s } from 'cdk8s-plus-27';
import { caSecretOf } from '../tls/tls-files';
import { type ShardTls, TlsPhase } from '../tls/tls-options';

/** A TLS port is this much above the plain one. */
const TLS_OFFSET = 10;

export class ServerPorts {
  /** The port without TLS; undefined if there is none. */
  readonly plain?: number;
  /** The port with TLS; undefined if there is none. */
  readonly tls?: number;
  /** The one that the fleet connects to. */
  readonly used: number;
  /** The one that it connects to in the phases before or after, which a server may be known by while the phase changes. */
  readonly other?: number;

  constructor(port: number, tls?: ShardTls) {
    this.plain = tls?.phase === TlsPhase.REQUIRED ? undefined : port;
    this.tls = tls && tlsPortOf(port, tls);
    this.used = this.tls !== undefined && usesTls(tls) ? this.tls : port;
    this.other = this.tls !== undefined && usesTls(tls) ? port : this.tls;
  }

  /** The one that programs in the pod connect to. */
  get local(): number {
    return this.plain ?? this.used;
  }

  get all(): number[] {
    return this.named.map(([, port]) => port);
  }

  get ofContainer(): k8s.ContainerPort[] {
    return this.named.map(([name, containerPort]) => ({ name, containerPort }));
  }

  get ofService(): k8s.ServicePort[] {
    return this.named.map(([name, port]) => ({ name, port, targetPort: k8s.IntOrString.fromString(name) }));
  }

  private get named(): [string, number][] {
    const { plain, tls } = this;
    return [
      ...(plain === undefined ? [] : [['redis', plain] as [string, number]]),
      ...(tls === undefined ? [] : [['redis-tls', tls] as [string, number]]),
    ];
  }
}

/** The TLS port beside a plain one. */
export function tlsPortOf(port: number, tls?: ShardTls): number {
  return tls?.port ?? port + TLS_OFFSET;
}

/** TLS of the second servers, whose ports are as far from the first ones with TLS as without. */
export function tlsOfReplicas(tls: ShardTls | undefined, port: number, replicaPort: number): ShardTls | undefined {
  return tls && { ...tls, port: tlsPortOf(port, tls) + replicaPort - port };
}

/** TLS of the Sentinels. */
export function tlsOfSentinels(tls?: ShardTls): ShardTls | undefined {
  return tls && { ...tls, port: undefined };
}

/** The Secret with the authorities of the shards, if the fleet connects to them by TLS. */
export function usedCaSecret(tls?: ShardTls): string | undefined {
  return tls && usesTls(tls) ? caSecretOf(tls) : undefined;
}

/** Whether the fleet connects to its shards by TLS. */
export function usesTls(tls?: ShardTls): boolean {
  return tls !== undefined && tls.phase !== TlsPhase.OFFERED;
}

// Checks of Kubernetes names, images and addresses, without cdk8s. Each function returns the problem with a value, or
// undefined.

import * as net from 'node:net';

/** A DNS label that starts with a letter, as Service names require (RFC 1035). */
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** `[registry[:port]/]path[:tag][@digest]`, the grammar of github.com/distribution/reference. */
const IMAGE =
  /^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(\/[a-z0-9][a-z0-9._-]*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

/** A name that is used in DNS, with at most `longest` characters. */
export function nameProblem(value: string, longest = 63): string | undefined {
  if (DNS_LABEL.test(value) && value.length <= longest) return undefined;
  return `use at most ${longest} lower-case letters, digits and inner "-", a letter first`;
}

/** The name of an object that is not used in DNS, such as a Secret (RFC 1123). */
export function subdomainProblem(value: string): string | undefined {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value) && value.length <= 253)
    return undefined;
  return 'use lower-case letters, digits, and inner "-" and "."';
}

/** The name of a namespace (RFC 1123). */
export function namespaceProblem(value: string): string | undefined {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value) && value.length <= 63) return undefined;
  return 'use at most 63 lower-case letters, digits and inner "-"';
}

/** An image reference with a digest, or with a tag other than `latest`. */
export function imageProblem(value: string): string | undefined {
  if (!IMAGE.test(value)) return 'that is not an image reference';
  const tag = /:([^:/]+)$/.exec(value)?.[1];
  if (value.includes('@') || (tag !== undefined && tag !== 'latest')) return undefined;
  return 'add a tag (not "latest") or a digest, so that a restart does not change the version';
}

/** A CIDR block. */
export function cidrProblem(value: string): string | undefined {
  const [address, prefix, ...rest] = value.split('/');
  const bits = { 4: 32, 6: 128 }[net.isIP(address)] ?? -1;
  if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && rest.length === 0) return undefined;
  return 'write a CIDR block such as "10.0.0.0/8"';
}

/** An NFS server. */
export function serverProblem(value: string): string | undefined {
  return /^[^\s/]+$/.test(value) ? undefined : 'write a host name or an address';
}

/** The path of an exported directory. */
export function pathProblem(value: string): string | undefined {
  return value.startsWith('/') ? undefined : 'write an absolute path: "/..."';
}

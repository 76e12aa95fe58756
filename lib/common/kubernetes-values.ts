// What Kubernetes takes as names, images and addresses, as plain TypeScript: each function says what is wrong with a value, or
// nothing.

import * as net from 'node:net';

/** A label that DNS takes and that starts with a letter, as names of Services must (RFC 1035). */
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** `[registry[:port]/]path[:tag][@digest]`, after the grammar of github.com/distribution/reference. */
const IMAGE =
  /^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(\/[a-z0-9][a-z0-9._-]*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/;

/** A name that ends up in DNS, with at most so many characters. */
export function nameProblem(value: string, longest = 63): string | undefined {
  if (DNS_LABEL.test(value) && value.length <= longest) return undefined;
  return `take at most ${longest} lower-case letters, digits and inner "-", a letter first`;
}

/** A name of an object that does not end up in DNS, such as a Secret's (RFC 1123). */
export function subdomainProblem(value: string): string | undefined {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value) && value.length <= 253)
    return undefined;
  return 'take lower-case letters, digits, and inner "-" and "."';
}

/** A namespace's name (RFC 1123). */
export function namespaceProblem(value: string): string | undefined {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value) && value.length <= 63) return undefined;
  return 'take at most 63 lower-case letters, digits and inner "-"';
}

/** An image that names what it runs: by a tag other than `latest`, or by a digest. */
export function imageProblem(value: string): string | undefined {
  if (!IMAGE.test(value)) return 'that is no reference to an image';
  const tag = /:([^:/]+)$/.exec(value)?.[1];
  if (value.includes('@') || (tag !== undefined && tag !== 'latest')) return undefined;
  return 'add a tag (not "latest") or a digest, or every restart runs what the registry has by then';
}

/** A block of addresses. */
export function cidrProblem(value: string): string | undefined {
  const [address, prefix, ...rest] = value.split('/');
  const bits = { 4: 32, 6: 128 }[net.isIP(address)] ?? -1;
  if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && rest.length === 0) return undefined;
  return 'write such as "10.0.0.0/8"';
}

/** An NFS server. */
export function serverProblem(value: string): string | undefined {
  return /^[^\s/]+$/.test(value) ? undefined : 'write a host name or an address';
}

/** A directory that an NFS server exports. */
export function pathProblem(value: string): string | undefined {
  return value.startsWith('/') ? undefined : 'write it from the root: "/..."';
}

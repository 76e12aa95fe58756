// A network of nodes, each a network namespace of its own, behind a router that can drop what one node sends to another.
//
// Needs root, or unprivileged user namespaces. The namespaces end with the processes of the lab that hold them. The test itself
// always reaches every node, whatever is cut: a forwarder in the node has inherited the listening sockets of the test.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { promisify } from 'node:util';
import { type Lab, type Program } from './lab';

/** What is dropped between a node that is cut off and the others: all, or only what it sends, or only what is sent to it. */
export type Cut = 'both' | 'sent' | 'received';

export interface NodeUser {
  readonly uid?: number;
  readonly gid?: number;
}

const IS_ROOT = process.getuid?.() === 0;
const OWN = fs.readlinkSync('/proc/self/ns/net');

/** A namespace, and the process that holds it. */
class Namespace {
  constructor(private readonly holder: Program) {}

  get pid(): string {
    return String(this.holder.child.pid);
  }

  async ready(): Promise<this> {
    await this.holder.ready(() => fs.readlinkSync(`/proc/${this.pid}/ns/net`) !== OWN);
    return this;
  }

  /** The words of a command that runs in it. Nothing forks, so that signals reach the program. */
  command(words: readonly string[], { uid, gid }: NodeUser = {}): [string, ...string[]] {
    const as = [...(uid === undefined ? [] : ['-S', String(uid)]), ...(gid === undefined ? [] : ['-G', String(gid)])];
    const user = IS_ROOT ? as : [`--user=/proc/${this.pid}/ns/user`, '--preserve-credentials'];
    return ['/usr/bin/nsenter', `--net=/proc/${this.pid}/ns/net`, ...user, '--', ...words];
  }

  /** Runs lines of `ip -batch`. */
  async ip(...lines: string[]): Promise<void> {
    const [program, ...args] = this.command(['ip', '-batch', '-']);
    const run = promisify(execFile)(program, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    run.child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
    await run;
  }
}

/** A node of the network. */
export class LabNode {
  constructor(
    /** Its number, from 1. */
    readonly number: number,
    private readonly namespace: Namespace,
  ) {}

  /** The IP address at which the other nodes reach it. */
  get address(): string {
    return `10.77.${this.number}.2`;
  }

  /** The words of a command that runs on it. */
  command(words: readonly string[], user?: NodeUser): [string, ...string[]] {
    return this.namespace.command(words, user);
  }
}

export class LabNetwork {
  static async create(lab: Lab): Promise<LabNetwork> {
    const unshare = IS_ROOT ? ['-n'] : ['-Urn'];
    const router = await new Namespace(lab.start('unshare', [...unshare, 'sleep', 'infinity'])).ready();
    const [program, ...args] = router.command(['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']);
    await promisify(execFile)(program, args);
    return new LabNetwork(lab, router);
  }

  private readonly nodes: LabNode[] = [];
  /** The rules of the router that drop something. */
  private readonly rules = new Set<string>();

  private constructor(
    private readonly lab: Lab,
    private readonly router: Namespace,
  ) {}

  /** Adds a node. The test reaches these ports of it as its own. */
  async addNode(ports: readonly number[] = []): Promise<LabNode> {
    const number = this.nodes.length + 1;
    const holder = IS_ROOT ? ['unshare', '-n'] : [...this.router.command(['unshare', '-n'])];
    const [program, ...args] = [...holder, 'sleep', 'infinity'];
    const namespace = new Namespace(this.lab.start(program, args));
    const node = new LabNode(number, namespace);
    // Before any await, so that a concurrent call gets another number.
    this.nodes.push(node);
    await namespace.ready();
    await this.router.ip(
      `link add n${number} type veth peer name eth0 netns ${namespace.pid}`,
      `address add 10.77.${number}.1/24 dev n${number}`,
      `link set n${number} up`,
    );
    await namespace.ip(
      'link set lo up',
      `address add ${node.address}/24 dev eth0`,
      'link set eth0 up',
      `route add default via 10.77.${number}.1`,
    );
    if (ports.length > 0) await this.forward(node, ports);
    return node;
  }

  /** Cuts some nodes off from all others, but not from each other. What is cut already stays cut. */
  async isolate(nodes: readonly LabNode[], cut: Cut = 'both'): Promise<void> {
    const others = this.nodes.filter((node) => !nodes.includes(node));
    await this.cut(nodes, others, cut);
  }

  /** Cuts nodes off from other nodes. */
  async cut(nodes: readonly LabNode[], others: readonly LabNode[], cut: Cut = 'both'): Promise<void> {
    const rules = nodes.flatMap((node) =>
      others.flatMap((other) => [
        ...(cut === 'received' ? [] : [drop(node, other)]),
        ...(cut === 'sent' ? [] : [drop(other, node)]),
      ]),
    );
    const added = rules.filter((rule) => !this.rules.has(rule));
    for (const rule of added) this.rules.add(rule);
    await this.router.ip(...added.map((rule) => `rule add ${rule}`));
  }

  /** Ends every cut. */
  async heal(): Promise<void> {
    const rules = [...this.rules];
    this.rules.clear();
    await this.router.ip(...rules.map((rule) => `rule delete ${rule}`));
  }

  /** Passes what arrives at these ports of the test to the same ports of a node. */
  private async forward(node: LabNode, ports: readonly number[]): Promise<void> {
    const listening = ports.map((port) => net.createServer().listen(port, '127.0.0.1'));
    await Promise.all(listening.map((server) => once(server, 'listening')));
    // The first three file descriptors are the standard ones.
    const file = this.lab.write(
      `forward-${node.number}.cfg`,
      [
        'defaults\n  mode tcp\n  retries 0\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n',
        ...ports.map((port, i) => `listen p${port}\n  bind fd@${i + 3}\n  server node 127.0.0.1:${port}\n`),
      ].join(''),
    );
    // A socket that listens stays in its namespace, wherever the program runs that accepts its connections.
    const descriptors = listening.map((server) => (server as unknown as { _handle: { fd: number } })._handle.fd);
    const [program, ...args] = node.command(['haproxy', '-db', '-f', file]);
    this.lab.start(program, args, { stdio: ['ignore', 'pipe', 'pipe', ...descriptors] });
    for (const server of listening) server.close();
  }
}

function drop(from: LabNode, to: LabNode): string {
  return `iif n${from.number} to ${to.address} blackhole`;
}

// Runs the containers of a synthesized pod as processes: mounts become directories of the lab, and names that only a cluster
// resolves are replaced in the files and arguments.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type k8s } from 'cdk8s-plus-27';
import { accepts, type Lab, type Program } from './lab';
import { type LabNode } from './network';

export interface LabPodProps {
  /** The pod's name. */
  readonly name: string;
  /** Its specification, as synthesized. */
  readonly spec: k8s.PodSpec;
  /** The data of the ConfigMaps, by name. */
  readonly configMaps: Record<string, Record<string, string>>;
  /** The data of the Secrets, by name. */
  readonly secrets?: Record<string, Record<string, string>>;
  /** Replacements in files and arguments, such as for a name that only a cluster resolves. */
  readonly replace?: Record<string, string>;
  /** The PATH for programs. */
  readonly path?: string;
  /** The node on which it runs. @default - the network of the test */
  readonly node?: LabNode;
}

export const PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');

export class LabPod {
  /** Directories of the lab by mount path, for all containers. */
  private readonly mounted = new Map<string, string>();
  private readonly programs = new Map<string, Program>();
  private readonly initPrograms = new Map<string, Program>();
  private stopping = false;
  /** The output of each `postStart`, by container. */
  readonly hookOutput: Record<string, string> = {};

  constructor(
    private readonly lab: Lab,
    private readonly props: LabPodProps,
  ) {
    for (const container of this.containers) this.mount(container);
    for (const volume of props.spec.volumes ?? []) this.fill(volume);
    if (this.asRoot) fs.chmodSync(lab.dir, 0o777);
  }

  /** Its name. */
  get name(): string {
    return this.props.name;
  }

  /** Its specification. */
  get spec(): k8s.PodSpec {
    return this.props.spec;
  }

  /** The node on which it runs, if it has one. */
  get node(): LabNode | undefined {
    return this.props.node;
  }

  /** The same pod with other props. */
  with(props: Partial<LabPodProps>): LabPod {
    return new LabPod(this.lab, { ...this.props, ...props });
  }

  /** The same pod with other values of environment variables that it has. */
  withEnv(values: Record<string, string>): LabPod {
    const containers = this.spec.containers.map((container) => ({
      ...container,
      env: container.env?.map((each) => ({ ...each, value: values[each.name] ?? each.value })),
    }));
    return this.with({ spec: { ...this.spec, containers } });
  }

  /** Whether a volume is mounted at a path. */
  mounts(mountPath: string): boolean {
    return this.mounted.has(mountPath);
  }

  /** The directory of a mount path. */
  directory(mountPath: string): string {
    const directory = this.mounted.get(mountPath);
    if (directory === undefined) throw new Error(`nothing is mounted at ${mountPath}`);
    return directory;
  }

  /**
   * Runs the init containers one after the other, and starts the containers in order, each after `postStart` of the previous
   * one has ended. Returns the program of the last.
   */
  async start(): Promise<Program> {
    for (const container of this.props.spec.initContainers ?? []) {
      const program = this.run(container);
      this.initPrograms.set(container.name, program);
      const code = await program.exit();
      if (code !== 0) throw new Error(`${container.name} ended with ${code}: ${program.output}`);
    }
    for (const { name } of this.props.spec.containers) await this.startContainer(name);
    return this.program(this.main.name);
  }

  /** Starts or restarts one container, and runs its `postStart`. */
  async startContainer(name: string): Promise<Program> {
    const container = this.container(name);
    const program = this.run(container);
    this.programs.set(name, program);
    const hook = container.lifecycle?.postStart?.exec?.command;
    if (hook) {
      const hooked = this.exec(hook, container);
      const code = await hooked.exit();
      if (code !== 0) throw new Error(`postStart of ${name} ended with ${code}: ${hooked.output}`);
      this.hookOutput[name] = hooked.output;
    }
    return program;
  }

  /** The containers that have ended although nothing stops the pod. */
  get ended(): string[] {
    if (this.stopping) return [];
    return [...this.programs].filter(([, { running }]) => !running).map(([name]) => name);
  }

  /** Whether a container was started. */
  started(name: string): boolean {
    return this.programs.has(name);
  }

  /** The program in a container. */
  program(name: string): Program {
    const program = this.programs.get(name);
    if (program === undefined) throw new Error(`container ${name} was not started`);
    return program;
  }

  /** The output of an init container so far; empty before it starts. */
  initOutput(name: string): string {
    return this.initPrograms.get(name)?.output ?? '';
  }

  /** Whether the readiness probes of all containers succeed. */
  async ready(): Promise<boolean> {
    const { containers } = this.props.spec;
    if (!containers.every(({ name }) => this.programs.get(name)?.running)) return false;
    for (const container of containers) {
      if (container.readinessProbe && !(await this.passes(container.readinessProbe, container))) return false;
    }
    return true;
  }

  /** Stops as kubelet does: all containers at once, each after its `preStop`; kills the rest after the grace period. */
  async stop(): Promise<void> {
    this.stopping = true;
    const grace = (this.props.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const killing = setTimeout(() => {
      for (const program of this.programs.values()) program.child.kill('SIGKILL');
    }, grace);
    await Promise.all([...this.programs.keys()].map((name) => this.stopContainer(name)));
    clearTimeout(killing);
  }

  /** The container with a name. */
  container(name: string): k8s.Container {
    const container = this.props.spec.containers.find((each) => each.name === name);
    if (container === undefined) throw new Error(`pod ${this.props.name} has no container ${name}`);
    return container;
  }

  /** Runs a command in a container, such as a probe. */
  exec(command: readonly string[], container = this.main): Program {
    return this.run({ ...container, command: [...command] });
  }

  private async passes({ exec, httpGet, tcpSocket }: k8s.Probe, container: k8s.Container): Promise<boolean> {
    if (exec) return (await this.exec(exec.command ?? [], container).exit()) === 0;
    const wanted = (httpGet ?? tcpSocket)?.port as unknown as string | number;
    const { containerPort = wanted } = container.ports?.find(({ name }) => name === wanted) ?? {};
    const port = Number(this.inLab(String(containerPort)));
    if (tcpSocket) return accepts(port);
    const response = await fetch(`http://127.0.0.1:${port}${httpGet?.path ?? '/'}`).catch(() => undefined);
    await response?.text();
    return response?.ok ?? false;
  }

  private async stopContainer(name: string): Promise<void> {
    const container = this.container(name);
    const hook = container.lifecycle?.preStop?.exec?.command;
    if (hook) await this.exec(hook, container).exit();
    // The HAProxy image sets its own stop signal.
    await this.program(name).stop(container.image?.includes('haproxy') ? 'SIGUSR1' : 'SIGTERM');
  }

  /** The main container is the last one. */
  private get main(): k8s.Container {
    return this.props.spec.containers[this.props.spec.containers.length - 1];
  }

  private run(container: k8s.Container): Program {
    const words = (container.command ?? []).map((word) => this.inLab(word));
    const { runAsUser: uid, runAsGroup: gid } = this.props.spec.securityContext ?? {};
    const user = this.asRoot ? { uid, gid } : {};
    const { node } = this.props;
    const [command, ...args] = node ? node.command(words, user) : words;
    return this.lab.start(command, args, { env: this.env(container), ...(node ? {} : user) });
  }

  private get asRoot(): boolean {
    return process.getuid?.() === 0;
  }

  private get containers(): k8s.Container[] {
    return [...(this.props.spec.initContainers ?? []), ...this.props.spec.containers];
  }

  private mount(container: k8s.Container): void {
    for (const { name, mountPath, subPathExpr } of container.volumeMounts ?? []) {
      const volume = this.volumeDirectory(name);
      const subPath = subPathExpr?.replace('$(POD_NAME)', this.props.name) ?? '';
      this.mounted.set(mountPath, path.join(volume, subPath));
    }
  }

  /** All pods of a lab share a claim; other volumes belong to one pod. */
  private volumeDirectory(name: string): string {
    const claim = this.props.spec.volumes?.find((volume) => volume.name === name)?.persistentVolumeClaim?.claimName;
    const directory = path.join(this.lab.dir, claim === undefined ? `${this.props.name}-${name}` : `claim-${claim}`);
    fs.mkdirSync(directory, { recursive: true });
    const user = this.props.spec.securityContext;
    if (this.asRoot) fs.chownSync(directory, user?.runAsUser ?? 0, user?.runAsGroup ?? 0);
    return directory;
  }

  private fill(volume: k8s.Volume): void {
    const directory = this.volumeDirectory(volume.name);
    const write = (file: string, text: string): void => {
      fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
      fs.writeFileSync(path.join(directory, file), text);
    };
    const configMap = this.props.configMaps[volume.configMap?.name ?? ''] ?? {};
    for (const [file, text] of Object.entries(configMap)) write(file, this.inLab(text));
    for (const { secret, configMap: part } of volume.projected?.sources ?? []) {
      for (const [file, text] of Object.entries(this.props.configMaps[part?.name ?? ''] ?? {}))
        write(file, this.inLab(text));
      for (const item of secret?.items ?? []) {
        if (secret?.optional && !this.hasSecret(secret.name, item.key))
          fs.rmSync(path.join(directory, item.path), { force: true });
        else write(item.path, this.secret(secret?.name, item.key));
      }
    }
  }

  private hasSecret(name = '', key: string): boolean {
    return this.props.secrets?.[name]?.[key] !== undefined;
  }

  private secret(name = '', key: string): string {
    const value = this.props.secrets?.[name]?.[key];
    if (value === undefined) throw new Error(`no Secret ${name} with ${key} in the lab`);
    return value;
  }

  private env(container: k8s.Container): NodeJS.ProcessEnv {
    const variables = (container.env ?? []).map(({ name, value, valueFrom }) => {
      const ref = valueFrom?.secretKeyRef;
      if (ref?.optional && !this.hasSecret(ref.name, ref.key)) return [name, undefined];
      if (ref) return [name, this.secret(ref.name, ref.key)];
      return [name, valueFrom?.fieldRef ? this.props.name : this.inLab(value ?? '')];
    });
    return { PATH: this.props.path ?? PATH, ...(Object.fromEntries(variables) as NodeJS.ProcessEnv) };
  }

  private inLab(text: string): string {
    let result = replaceAll(text, this.props.replace ?? {});
    for (const [mountPath, directory] of this.mounted) {
      result = result.replace(new RegExp(`${mountPath}(?=[/\\s"';\\\\]|$)`, 'gm'), directory);
    }
    return result;
  }
}

/** Replaces everything in one pass, so that nothing is replaced twice; only whole numbers are replaced. */
function replaceAll(text: string, replacements: Record<string, string>): string {
  const keys = Object.keys(replacements).sort((a, b) => b.length - a.length);
  if (keys.length === 0) return text;
  const patterns = keys.map((key) => {
    const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return `${/^\d/.test(key) ? '(?<!\\d)' : ''}${escaped}${/\d$/.test(key) ? '(?!\\d)' : ''}`;
  });
  return text.replace(new RegExp(patterns.join('|'), 'g'), (found) => replacements[found]);
}

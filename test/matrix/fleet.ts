// The fleet of the fault matrix: every pod is a node of a network that can be cut, on a disk that can be full.

import { mkdtempSync } from 'node:fs';
import * as path from 'node:path';
import { type Side, SIDES } from '../../lib/failover/replica-plan';
import { type LabFleetProps } from '../lab/fleet';
import { FullDisk } from '../lab/full-disk';
import { LabKubelet } from '../lab/kubelet';
import { Lab, type Program } from '../lab/lab';
import { LabNetwork, type LabNode } from '../lab/network';
import { type LabPod, PATH } from '../lab/pod';
import { LabReplicas, SENTINELS } from '../lab/replicas';

const FAILOVER = path.resolve(__dirname, '../../build/failover/failover.mjs');

export class MatrixFleet {
  /** Two shards, of which only shard 0 has faults, and two proxies. */
  static async start(props: Partial<LabFleetProps> = {}): Promise<MatrixFleet> {
    const lab = new Lab();
    try {
      const network = await LabNetwork.create(lab);
      const disks = new Map<string, FullDisk>();
      const pathOf = (pod: string): string => {
        const disk = disks.get(pod) ?? new FullDisk(lab);
        disks.set(pod, disk);
        return disk.path(PATH);
      };
      const fleet = await LabReplicas.start(lab, { servers: 2, proxyCount: 2, network, path: pathOf, ...props });
      return new MatrixFleet(lab, fleet, network, disks, await network.addNode());
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  readonly kubelet: LabKubelet;

  private constructor(
    private readonly lab: Lab,
    readonly fleet: LabReplicas,
    readonly network: LabNetwork,
    private readonly disks: ReadonlyMap<string, FullDisk>,
    private readonly operator: LabNode,
  ) {
    this.kubelet = new LabKubelet(() => this.pods);
  }

  private get pods(): LabPod[] {
    const { fleet } = this;
    const servers = fleet.ordinals.flatMap((n) => SIDES.map((side) => fleet.server(n, side)));
    return [...servers, ...SENTINELS.map((n) => fleet.sentinel(n)), ...fleet.proxies.map(({ pod }) => pod)];
  }

  /** The disk of a pod. */
  disk({ name }: LabPod): FullDisk {
    const disk = this.disks.get(name);
    if (disk === undefined) throw new Error(`pod ${name} was never started`);
    return disk;
  }

  /** Waits until every Sentinel would promote the replica of shard 0; returns the master. */
  async untilReady(patienceMs = 150_000): Promise<Side> {
    await this.fleet.untilReplicated(this.fleet.ordinals, patienceMs);
    await this.fleet.untilEligible([0], patienceMs);
    const master = await this.fleet.masterOf(0);
    if (master === undefined) throw new Error('shard 0 has no master');
    return master;
  }

  /** Runs a command of the failover program, with access to all nodes. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const plan = this.fleet.fleet.replicaPlanFile();
    const [program, ...words] = this.operator.command([
      process.execPath,
      FAILOVER,
      args[0],
      '--plan',
      plan,
      ...args.slice(1),
    ]);
    return this.lab.start(program, words, {
      env: { ...process.env, REDIS_PASSWORD: this.fleet.fleet.password, ...env },
      cwd: mkdtempSync(`${this.lab.dir}/job-`),
    });
  }

  /** The end of what the programs of shard 0 and the Sentinels have printed. */
  logs(): string {
    const programs = [
      ...SIDES.map((side) => this.fleet.server(0, side).program('redis')),
      ...SENTINELS.flatMap((n) => ['sentinel', 'monitor'].map((name) => this.fleet.sentinel(n).program(name))),
    ];
    return programs.map(({ output }) => output.trim().split('\n').slice(-40).join('\n')).join('\n--\n');
  }

  async close(): Promise<void> {
    await this.kubelet.stop();
    await this.lab.close();
  }
}

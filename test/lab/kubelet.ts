// Restarts containers that end, as kubelet does.

import { setTimeout as sleep } from 'node:timers/promises';
import { type LabPod } from './pod';

/** How often it looks, and how long it waits before it restarts a container that ended soon after its start. */
const LOOK_MS = 100;
const BACK_OFF_MS = 2000;

export class LabKubelet {
  private readonly held = new Set<LabPod>();
  private readonly restarting = new Set<string>();
  private readonly started = new Map<string, number>();
  private readonly running: Promise<void>;
  private isStopped = false;

  /** @param pods the pods that exist at a moment */
  constructor(private readonly pods: () => readonly LabPod[]) {
    this.running = this.run();
  }

  /** Does not restart the containers of these pods: their node is lost. */
  hold(pods: readonly LabPod[]): void {
    for (const pod of pods) this.held.add(pod);
  }

  /** Restarts the containers of these pods again. */
  release(pods: readonly LabPod[]): void {
    for (const pod of pods) this.held.delete(pod);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      for (const pod of this.pods().filter((each) => !this.held.has(each))) {
        for (const container of pod.ended) this.restart(pod, container);
      }
      await sleep(LOOK_MS);
    }
  }

  private restart(pod: LabPod, container: string): void {
    const key = `${pod.name}/${container}`;
    const now = performance.now();
    if (this.restarting.has(key) || now - (this.started.get(key) ?? -Infinity) < BACK_OFF_MS) return;
    this.started.set(key, now);
    this.restarting.add(key);
    void pod
      .startContainer(container)
      // kubelet ends a container whose postStart fails, and tries again.
      .catch(() => pod.program(container).stop('SIGKILL'))
      .finally(() => this.restarting.delete(key));
  }
}

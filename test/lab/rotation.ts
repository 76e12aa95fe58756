// A synthesized fleet in a lab whose password changes: the Secret as kubelet gives it to running pods, and the passwords program.

import * as path from 'node:path';
import { SIDES } from '../../lib/failover/replica-plan';
import { connect } from './clients';
import { type LabFleet } from './fleet';
import { type Lab, type Program } from './lab';
import { type LabReplicas } from './replicas';
import { ROOT } from './synthesized';

const PASSWORDS = path.join(ROOT, 'build/passwords/passwords.mjs');

/** The Secret. */
export interface Passwords {
  readonly current: string;
  readonly second?: string;
}

export class Rotation {
  /** @param fleet the fleet, whose Secret has `initial`; without replicas only its pods of shards */
  constructor(
    private readonly lab: Lab,
    private readonly fleet: { fleet: LabFleet; readonly ordinals: readonly number[] },
    private passwords: Passwords,
    private readonly hasReplicas = true,
  ) {}

  /** Changes the Secret, and the files of the pods that run. */
  switchTo(passwords: Passwords): void {
    this.passwords = passwords;
    this.fleet.fleet = this.fleet.fleet.with({ secretValue: passwords.current, secondValue: passwords.second ?? '' });
    const { fleet } = this.fleet;
    // A pod of the lab writes its files when it is made.
    for (const ordinal of this.fleet.ordinals) {
      for (const side of this.hasReplicas ? SIDES : (['a'] as const)) fleet.shardPod(ordinal, side);
    }
    if (this.hasReplicas) for (const ordinal of [0, 1, 2]) fleet.sentinelPod(ordinal);
  }

  /** Starts a command of the program with the Secret as it is now. */
  start(args: readonly string[], diesAt?: string): Program {
    const { current, second = '' } = this.passwords;
    return this.lab.start('node', [PASSWORDS, ...args, '--plan', this.fleet.fleet.passwordPlanFile()], {
      env: {
        PATH: process.env.PATH,
        REDIS_PASSWORD: current,
        SECOND_PASSWORD: second,
        CDK8S_TWEMPROXY_SIGNAL_AT: diesAt === undefined ? '' : `${diesAt} SIGKILL`,
      },
    });
  }

  /** Runs a command. */
  async run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const program = this.start(args);
    const code = await program.exit();
    return { code, output: program.output };
  }

  /** Which of the servers and Sentinels accept a password, by port. */
  async accepting(password: string): Promise<number[]> {
    const { fleet, ordinals } = this.fleet;
    const servers = ordinals.flatMap((n) =>
      (this.hasReplicas ? SIDES : (['a'] as const)).map((side) => fleet.portOf(n, side)),
    );
    const ports = [...servers, ...(this.hasReplicas ? [0, 1, 2].map((n) => fleet.sentinelPort(n)) : [])];
    const accepts = await Promise.all(
      ports.map(async (port) => {
        const client = connect(port, password, { retryStrategy: () => null });
        const reply = await client.ping().catch((error: unknown) => (error as Error).message);
        client.disconnect();
        return reply === 'PONG' || reply.startsWith('MASTERDOWN');
      }),
    );
    return ports.filter((_, i) => accepts[i]);
  }
}

/** The rotation of a fleet with replicas. */
export function rotationOf(lab: Lab, fleet: LabReplicas, current: string): Rotation {
  return new Rotation(lab, fleet, { current });
}

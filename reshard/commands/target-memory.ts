// The memory of a server that receives keys.

import { type Info } from '../../migrator/redis/info';
import { size } from '../../migrator/report/fleet-progress';

/** The part of the memory that may be used after the copy. */
const FULL = 0.9;

export class TargetMemory {
  constructor(
    private readonly address: string,
    private readonly info: Info,
    /** The bytes that it receives. */
    readonly receives: number,
  ) {}

  /** The part of its memory that would be used. */
  get usedPart(): number {
    return this.used / this.limit;
  }

  /** Why it cannot take what it receives, with the remedy. */
  get problems(): string[] {
    if (this.receives === 0 || this.usedPart <= FULL) return [];
    const remedy = this.maxmemory > 0 ? 'raise maxmemory first' : 'give it more memory first';
    return [`about ${size(Math.round(this.used))} of ${this.limitText} would be used; ${remedy}`];
  }

  get text(): string {
    return `${this.address} would receive ${size(this.receives)}, and use about ${size(this.used)} of ${this.limitText}`;
  }

  private get used(): number {
    return this.info.number('used_memory') + this.receives;
  }

  private get maxmemory(): number {
    return this.info.number('maxmemory');
  }

  /** Without `maxmemory`, a server takes what its machine has. */
  private get limit(): number {
    return this.maxmemory > 0 ? this.maxmemory : this.info.number('total_system_memory');
  }

  private get limitText(): string {
    return this.maxmemory > 0
      ? `maxmemory ${size(this.maxmemory)}`
      : `the ${size(this.limit)} of its machine, without maxmemory`;
  }
}

// How fast the data of a server grows, from two samples of its INFO.

import { refuse } from '../../../lib/nutcracker/config-error';
import { type ServerInfo } from '../../input/server-info';
import { dataOf, memoryOf } from './server-memory';

const DAY = 86_400;

export interface Growth {
  /** Negative if the data shrinks. */
  readonly bytesPerDay: number;
  /** The time between the samples. */
  readonly seconds: number;
}

/** The growth between two samples, in any order; undefined if the server was restarted in between. */
export function growthBetween(one: ServerInfo, other: ServerInfo): Growth | undefined {
  if (one.text('run_id') !== other.text('run_id')) return undefined;
  // Both are from the clock of the server, so that it does not matter when the files were written.
  const seconds = uptimeOf(other) - uptimeOf(one);
  if (seconds === 0) {
    const because = `${JSON.stringify(other.name)} has the same uptime as at ${one.source.file}:${one.source.line}`;
    return refuse({ ...other.source, because, remedy: 'take the second sample later, such as after a day' });
  }
  const bytes = dataOf(memoryOf(other)) - dataOf(memoryOf(one));
  return { bytesPerDay: (bytes / seconds) * DAY, seconds: Math.abs(seconds) };
}

/** Whether a sample is the later one of a server. */
export function isLater(one: ServerInfo, other: ServerInfo): boolean {
  return uptimeOf(one) > uptimeOf(other);
}

/** The days until the data reaches a limit; undefined if it does not grow. */
export function daysUntil(data: number, limit: number, growth?: Growth): number | undefined {
  if (growth === undefined || growth.bytesPerDay <= 0) return undefined;
  return Math.max(0, limit - data) / growth.bytesPerDay;
}

function uptimeOf(server: ServerInfo): number {
  return server.required('uptime_in_seconds');
}

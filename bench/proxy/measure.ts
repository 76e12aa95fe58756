// Measures a load on a path: the figures of the clients, and the CPU time of each program on the path.

import * as fs from 'node:fs';
import { type Lab, type Program } from '../../test/lab/lab';
import { median } from '../table';
import { type ClientFigures, type Load, runLoad } from './client';

/** The path of a request: the ports that clients connect to, and the programs that it passes. */
export interface Path {
  readonly name: string;
  /** The clients are divided among the ports. */
  readonly ports: readonly number[];
  readonly password: string;
  /** More arguments of the clients. */
  readonly clientArgs?: readonly string[];
  readonly programs: Readonly<Record<string, readonly Program[]>>;
}

export interface Figures extends ClientFigures {
  /** CPU seconds for 100,000 requests, by the name of the program. */
  readonly cpu: Readonly<Record<string, number>>;
}

/** Sends the load on a path. */
export async function measure(lab: Lab, { ports, password, programs, clientArgs }: Path, load: Load): Promise<Figures> {
  const part = (count: number): number => Math.ceil(count / ports.length);
  const share = { ...load, connections: part(load.connections), requests: part(load.requests) };
  const before = secondsOf(programs);
  const clients = await Promise.all(ports.map((port) => runLoad(lab, port, password, share, clientArgs)));
  const after = secondsOf(programs);
  return {
    // The slowest client determines the total duration.
    rate: ports.length * Math.min(...clients.map(({ rate }) => rate)),
    p50: median(clients.map(({ p50 }) => p50)),
    p99: Math.max(...clients.map(({ p99 }) => p99)),
    cpu: mapped(after, (seconds, name) => ((seconds - before[name]) / load.requests) * 100_000),
  };
}

/** Sends the load on each path in turn, for some rounds, so that other load affects all paths; returns the medians. */
export async function compare(lab: Lab, paths: readonly Path[], load: Load, rounds: number): Promise<Figures[]> {
  const found = paths.map((): Figures[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, path] of paths.entries()) found[i].push(await measure(lab, path, load));
  }
  return found.map(medians);
}

function medians(rounds: readonly Figures[]): Figures {
  const of = (figure: (each: Figures) => number): number => median(rounds.map(figure));
  return {
    rate: of(({ rate }) => rate),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    cpu: mapped(rounds[0].cpu, (_, name) => of(({ cpu }) => cpu[name])),
  };
}

/** The CPU time of all threads of these programs. (None of the programs ends a thread.) */
export function cpuSeconds(programs: readonly Program[]): number {
  const nanoseconds = programs.flatMap(({ child }) => {
    const tasks = `/proc/${String(child.pid)}/task`;
    return fs.readdirSync(tasks).map((id) => Number(fs.readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ')[0]));
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

function secondsOf(programs: Path['programs']): Record<string, number> {
  return mapped(programs, cpuSeconds);
}

function mapped<From, To>(record: Readonly<Record<string, From>>, to: (each: From, name: string) => To) {
  return Object.fromEntries(Object.entries(record).map(([name, each]) => [name, to(each, name)]));
}

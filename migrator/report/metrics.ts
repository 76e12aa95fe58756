// The progress of a command as metrics for Prometheus: a few gauges in its text format. The program has to fit into a ConfigMap, and
// prom-client alone takes more than is left of it.

import * as http from 'node:http';
import { FleetProgress } from './fleet-progress';
import { type Gauge, type Progress, type Report, type Summary } from './report';

const PREFIX = 'cdk8s_twemproxy_job_';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

export class Metrics implements Report {
  private readonly fleet: FleetProgress;
  private readonly last = new Map<number, string>();
  /** By name. */
  private readonly gauges = new Map<string, Gauge>();
  private readonly server: http.Server;
  private changed = Date.now();

  /** Passes everything on to another report. */
  constructor(
    private readonly report: Report,
    private readonly shards: number,
    private readonly command: string,
    port: number,
  ) {
    this.fleet = new FleetProgress(shards);
    this.server = http.createServer(({ url }, response) => {
      // An open connection would keep the program from ending.
      const headers = { 'content-type': 'text/plain; version=0.0.4', connection: 'close' };
      response.writeHead(url === '/metrics' ? 200 : 404, headers);
      response.end(url === '/metrics' ? this.text() : '');
    });
    // Shards are more important than their metrics.
    this.server.on('error', ({ message }) => {
      report.note(`there are no metrics: ${message}`);
    });
    this.server.listen(port);
    // A program ends when its work is done.
    this.server.unref();
  }

  progress(progress: Progress): void {
    // The lag changes with the clients' writes, which is no progress.
    const now = JSON.stringify({ ...progress, lag: undefined });
    if (this.last.get(progress.shard) !== now) this.changed = Date.now();
    this.last.set(progress.shard, now);
    this.fleet.update(progress);
    this.report.progress(progress);
  }

  note(text: string): void {
    this.changed = Date.now();
    this.report.note(text);
  }

  measure(gauge: Gauge): void {
    this.gauges.set(gauge.name, gauge);
  }

  end(summary: Summary): void {
    this.server.close();
    this.report.end(summary);
  }

  private text(): string {
    const { states, sums } = this.fleet;
    const waiting = this.shards - [...states.values()].reduce((sum, number) => sum + number, 0);
    const all = [...states, ...(waiting > 0 ? [['not started', waiting] as const] : [])];
    return [
      ...this.gauge(
        'shards',
        'Shards of the run, by state.',
        all.map(([state, number]) => [{ state }, number]),
      ),
      ...this.gauge('bytes', 'Bytes of the running synchronizations that have arrived.', [[{}, sums.bytes]]),
      ...this.gauge('bytes_in_all', 'Bytes of the running synchronizations.', [[{}, sums.bytesInAll]]),
      ...this.gauge('lag_bytes', 'The largest lag of a new server.', [[{}, sums.lag]]),
      ...this.gauge(
        'progress_timestamp_seconds',
        'When the state of a shard last changed, bytes arrived, or something else was logged.',
        [[{}, this.changed / 1000]],
      ),
      ...[...this.gauges.values()].flatMap(({ name, help, value }) => this.gauge(name, help, [[{}, value]])),
      '',
    ].join('\n');
  }

  private gauge(name: string, help: string, samples: readonly Sample[]): string[] {
    return [
      `# HELP ${PREFIX}${name} ${help}`,
      `# TYPE ${PREFIX}${name} gauge`,
      ...samples.map(([labels, value]) => {
        const texts = Object.entries({ command: this.command, ...labels }).map(([label, text]) => `${label}="${text}"`);
        return `${PREFIX}${name}{${texts.join(',')}} ${value}`;
      }),
    ];
  }
}

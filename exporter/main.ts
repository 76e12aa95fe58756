// The exporter of the proxies: GET /scrape?target=HOST:PORT reads the statistics of a nutcracker and returns them as metrics, and
// /certificate?target=HOST:PORT how long the certificate of a server with TLS is valid.

import * as fs from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { certificateMetrics, validityAt } from './certificate';
import { proxyMetrics } from './proxy-metrics';
import { parseStats, readStats, type ShardOfServer, type Stats } from './stats';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const USAGE =
  'usage: exporter.mjs --listen PORT --stats-port PORT --shards FILE [--tls-ports PORT,...] [--timeout MILLISECONDS]';

interface Settings {
  readonly listen: number;
  /** The only port that it connects to: otherwise it would connect its clients to any server. */
  readonly statsPort: number;
  /** The ports of which it reads the certificates. */
  readonly tlsPorts: readonly number[];
  readonly shards: ShardOfServer;
  readonly timeoutMs: number;
}

function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      listen: { type: 'string' },
      'stats-port': { type: 'string' },
      shards: { type: 'string' },
      'tls-ports': { type: 'string', default: '' },
      timeout: { type: 'string', default: '3000' },
    },
  });
  const whole = (name: string, value: string | undefined, most: number): number => {
    const number = Number(value);
    if (Number.isInteger(number) && number > 0 && number <= most) return number;
    throw new Error(`--${name} is ${JSON.stringify(value)}; use a whole number from 1 to ${most}; ${USAGE}`);
  };
  if (values.shards === undefined) throw new Error(`--shards is missing; ${USAGE}`);
  return {
    listen: whole('listen', values.listen, 65_535),
    statsPort: whole('stats-port', values['stats-port'], 65_535),
    tlsPorts: values['tls-ports'].split(',').flatMap((port) => (port === '' ? [] : [whole('tls-ports', port, 65_535)])),
    shards: JSON.parse(fs.readFileSync(values.shards, 'utf8')) as ShardOfServer,
    timeoutMs: whole('timeout', values.timeout, 60_000),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, settings: Settings): Promise<void> {
  const reply = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': CONTENT_TYPE }).end(text);
  };
  const url = new URL(request.url ?? '/', 'http://exporter');
  if (url.pathname === '/health') {
    reply(200, 'ok\n');
    return;
  }
  const ports = { '/scrape': [settings.statsPort], '/certificate': settings.tlsPorts }[url.pathname];
  if (ports === undefined) {
    reply(404, 'GET /scrape?target=HOST:PORT, or /certificate?target=HOST:PORT\n');
    return;
  }
  const target = url.searchParams.get('target') ?? '';
  const found = /^(\[[0-9a-fA-F:.]+\]|[^\s/:]+):(\d+)$/.exec(target);
  if (found === null || !ports.includes(Number(found[2]))) {
    reply(400, `target is ${JSON.stringify(target)}; give ${ports.map((port) => `HOST:${port}`).join(' or ')}\n`);
    return;
  }
  const host = found[1].replace(/^\[|\]$/g, '');
  if (url.pathname === '/scrape') {
    reply(200, await proxyMetrics(await statsOf(host, target, settings), settings.shards));
    return;
  }
  try {
    reply(200, await certificateMetrics(await validityAt(host, Number(found[2]), settings.timeoutMs)));
  } catch (error) {
    console.error(`${target}: ${(error as Error).message}`);
    reply(502, `${(error as Error).message}\n`);
  }
}

/** The statistics; undefined, and a line in the log, if they cannot be read. */
async function statsOf(host: string, target: string, settings: Settings): Promise<Stats | undefined> {
  try {
    return parseStats(await readStats(host, settings.statsPort, settings.timeoutMs), settings.shards);
  } catch (error) {
    console.error(`${target}: ${(error as Error).message}`);
    return undefined;
  }
}

function main(): void {
  const settings = settingsOf(process.argv.slice(2));
  const server = createServer((request, response) => {
    answer(request, response, settings).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.listen(settings.listen, () => {
    console.log(`reads the statistics at port ${settings.statsPort}; listening on port ${settings.listen}`);
  });
  // A program that is process 1 has no default handler of a signal.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

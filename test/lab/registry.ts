// A local npm registry with the installed packages of this repository, so that installs need no network.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { type AddressInfo } from 'node:net';
import * as path from 'node:path';
import { ROOT } from './synthesized';

/** A package in package-lock.json. */
interface Locked {
  readonly version: string;
  readonly [field: string]: unknown;
}

/** An installed package: its directory and its entry in the lock file. */
type Installed = readonly [directory: string, locked: Locked];

/** The fields of a manifest that npm needs before it has the package. */
const FIELDS = [
  'version',
  'bin',
  'engines',
  'os',
  'cpu',
  'libc',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
];

export class Registry {
  /** Starts a registry that also has one packed package. */
  static async start(packed: string): Promise<Registry> {
    const registry = new Registry(packed);
    registry.server.listen(0, '127.0.0.1');
    await once(registry.server, 'listening');
    return registry;
  }

  private readonly server = http.createServer((request, response) => {
    this.respond(decodeURIComponent(request.url ?? '/').slice(1), response);
  });
  private readonly installed = new Map<string, Installed[]>();

  private constructor(private readonly packed: string) {
    const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
    for (const [directory, locked] of Object.entries(packages as Record<string, Locked>)) {
      // The name of an alias differs from its directory.
      const name = (locked.name as string | undefined) ?? directory.split('node_modules/').at(-1) ?? '';
      this.installed.set(name, [...(this.installed.get(name) ?? []), [directory, locked]]);
    }
    this.installed.delete('');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Serves the versions of a package for `name`, and the package itself for `directory.tar`. */
  private respond(wanted: string, response: http.ServerResponse): void {
    const versions = this.versionsOf(wanted);
    if (versions.length > 0) {
      const entries = versions.map(([tarball, manifest]) => {
        return [manifest.version, { ...manifest, name: wanted, dist: { tarball: this.url + tarball } }] as const;
      });
      response.end(JSON.stringify({ name: wanted, 'dist-tags': {}, versions: Object.fromEntries(entries) }));
    } else if (wanted === path.basename(this.packed)) {
      fs.createReadStream(this.packed).pipe(response);
    } else if (wanted.endsWith('.tar') && fs.existsSync(path.join(ROOT, wanted.replace(/\.tar$/, '')))) {
      const from = ['-C', path.join(ROOT, wanted.replace(/\.tar$/, '')), '--exclude=./node_modules', '.'];
      const tar = spawn('tar', ['-c', '--transform=s,^\\.,package,', ...from], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      tar.stdout.pipe(response);
    } else {
      response.writeHead(404).end();
    }
  }

  private versionsOf(name: string): (readonly [tarball: string, manifest: Locked])[] {
    if (name === 'cdk8s-twemproxy') {
      const own = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Locked;
      const { bundleDependencies } = own;
      return [[path.basename(this.packed), { ...manifestOf(own), bundleDependencies }]];
    }
    return (this.installed.get(name) ?? []).map(([directory, locked]) => [`${directory}.tar`, manifestOf(locked)]);
  }
}

function manifestOf(locked: Locked): Locked {
  return { version: locked.version, ...Object.fromEntries(FIELDS.map((field) => [field, locked[field]])) };
}

// A registry on this machine that has what this repository has installed, and nothing else: what installs from it needs no network.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { type AddressInfo } from 'node:net';
import * as path from 'node:path';
import { ROOT } from './synthesized';

/** A package as package-lock.json has it. */
interface Locked {
  readonly version: string;
  readonly [field: string]: unknown;
}

/** An installed package: where it lies, and what the lock says of it. */
type Installed = readonly [directory: string, locked: Locked];

/** What npm looks for in a package's manifest before it has the package. */
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
  /** A registry that has one package more, as `npm pack` made it. */
  static async start(packed: string): Promise<Registry> {
    const registry = new Registry(packed);
    registry.server.listen(0, '127.0.0.1');
    await once(registry.server, 'listening');
    return registry;
  }

  private readonly server = http.createServer((request, response) => {
    this.answer(decodeURIComponent(request.url ?? '/').slice(1), response);
  });
  private readonly installed = new Map<string, Installed[]>();

  private constructor(private readonly packed: string) {
    const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
    for (const [directory, locked] of Object.entries(packages as Record<string, Locked>)) {
      // An alias has another name than its directory.
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

  /** `name` for what there is of a package, `directory.tar` for the package itself. */
  private answer(wanted: string, response: http.ServerResponse): void {
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

// The real kubectl, without a cluster, which it contacts only after it has parsed the command; or with a given server.

import { freePort, type Lab } from './lab';

export class Kubectl {
  static async of(lab: Lab, server?: string): Promise<Kubectl> {
    const clusters = [{ name: 'none', cluster: { server: server ?? `http://127.0.0.1:${await freePort()}` } }];
    const contexts = [{ name: 'none', context: { cluster: 'none', user: 'none' } }];
    const users = [{ name: 'none', user: {} }];
    const config = { apiVersion: 'v1', kind: 'Config', clusters, contexts, users, 'current-context': 'none' };
    return new Kubectl(lab, lab.write('kubeconfig', JSON.stringify(config)));
  }

  private constructor(
    private readonly lab: Lab,
    private readonly config: string,
  ) {}

  /** The output of a command line in a directory. */
  async say(line: string, cwd: string): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: this.lab.dir, KUBECONFIG: this.config };
    const kubectl = this.lab.start('bash', ['-c', line], { cwd, env });
    await kubectl.exit();
    return kubectl.output;
  }
}

/** Whether kubectl accepted a command, and only failed to reach the cluster. */
export function isUnderstood(output: string): boolean {
  return /connection refused|was refused/.test(output);
}

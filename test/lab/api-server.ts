// A minimal Kubernetes API server: what kubectl needs to read one Job and its pods, with the responses of a real one.

import { once } from 'node:events';
import * as http from 'node:http';
import { type AddressInfo } from 'node:net';

/** A condition of a Job, as the Job controller writes it. */
export interface JobCondition {
  readonly type: 'Complete' | 'Failed' | 'Suspended' | 'FailureTarget' | 'SuccessCriteriaMet';
  readonly status: 'True' | 'False';
  readonly message?: string;
}

/** The state at one time. */
export interface Moment {
  readonly conditions?: readonly JobCondition[];
  /** The log of each pod by name; undefined while its container is being created. */
  readonly pods?: Readonly<Record<string, string | undefined>>;
}

export interface ApiServerProps {
  readonly namespace: string;
  readonly job: string;
  /** The successive states; each request for the Job moves on to the next. */
  readonly moments: readonly Moment[];
}

export class ApiServer {
  static async start(props: ApiServerProps): Promise<ApiServer> {
    const it = new ApiServer(props);
    it.server.listen(0, '127.0.0.1');
    await once(it.server, 'listening');
    return it;
  }

  private readonly server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [status, body] = this.respond(url);
    const isText = typeof body === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
    response.end(isText ? body : JSON.stringify(body));
  });
  private jobRequests = 0;

  private constructor(private readonly props: ApiServerProps) {}

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private get moment(): Moment {
    const { moments } = this.props;
    return moments[Math.min(Math.max(0, this.jobRequests - 1), moments.length - 1)];
  }

  private respond({ pathname, searchParams }: URL): [number, unknown] {
    const { namespace, job } = this.props;
    if (Object.hasOwn(DISCOVERY, pathname)) return [200, DISCOVERY[pathname]];
    if (pathname === `/apis/batch/v1/namespaces/${namespace}/jobs/${job}`) return [200, this.jobObject()];
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    if (pathname === pods && searchParams.get('labelSelector') === `job-name=${job}`) return [200, this.podList()];
    const name = new RegExp(`^${pods}/([^/]+)/log$`).exec(pathname)?.[1];
    if (pathname.startsWith(`${pods}/`) && name === undefined) {
      const pod = this.podList().items.find(({ metadata }) => pathname === `${pods}/${metadata.name}`);
      if (pod) return [200, { apiVersion: 'v1', kind: 'Pod', ...pod }];
    }
    if (name !== undefined) return this.logOf(name, searchParams.get('tailLines'));
    return [404, failure(404, 'NotFound', `the server could not find ${pathname}`)];
  }

  private jobObject(): object {
    this.jobRequests += 1;
    const { namespace, job } = this.props;
    const status = { conditions: this.moment.conditions };
    return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: job, namespace }, spec: {}, status };
  }

  private podList(): { readonly items: readonly { readonly metadata: { readonly name: string } }[] } {
    const { namespace, job } = this.props;
    const names = Object.keys(this.moment.pods ?? {});
    // The API sorts them by name, whatever their age; the first one here is the oldest.
    const items = [...names].sort().map((name) => ({
      metadata: {
        name,
        namespace,
        labels: { 'job-name': job },
        creationTimestamp: new Date(names.indexOf(name) * 60_000).toISOString().replace('.000', ''),
      },
      spec: { containers: [{ name: 'migrator', image: 'node' }] },
      status: { phase: this.moment.pods?.[name] === undefined ? 'Pending' : 'Running' },
    }));
    return { ...POD_LIST, items };
  }

  private logOf(name: string, tail: string | null): [number, unknown] {
    const log = this.moment.pods?.[name];
    if (log === undefined) {
      const message = `container "migrator" in pod "${name}" is waiting to start: ContainerCreating`;
      return [400, failure(400, 'BadRequest', message)];
    }
    const lines = log.split('\n').filter(Boolean);
    const shown = tail === null ? lines : lines.slice(-Number(tail));
    return [200, shown.map((line) => `${line}\n`).join('')];
  }
}

const POD_LIST = { apiVersion: 'v1', kind: 'PodList', metadata: {} };

function failure(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function resource(name: string, kind: string, singularName: string): object {
  return { name, kind, singularName, namespaced: true, verbs: ['get', 'list'] };
}

const BATCH = { groupVersion: 'batch/v1', version: 'v1' };

const DISCOVERY: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [{ name: 'batch', versions: [BATCH], preferredVersion: BATCH }],
  },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [resource('pods', 'Pod', 'pod'), { ...resource('pods/log', 'Pod', ''), verbs: ['get'] }],
  },
  '/apis/batch/v1': {
    kind: 'APIResourceList',
    groupVersion: 'batch/v1',
    resources: [resource('jobs', 'Job', 'job')],
  },
  '/version': { major: '1', minor: '27', gitVersion: 'v1.27.16' },
};

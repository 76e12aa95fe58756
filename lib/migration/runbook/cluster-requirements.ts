// What a fleet requires of the cluster, summed up from its manifests.

/** The part of a manifest that is read here. */
interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly replicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly name: string };
    readonly template?: { readonly spec: { readonly containers: Container[]; readonly initContainers?: Container[] } };
    readonly resources?: { readonly requests?: Record<string, string | number> };
    readonly volumeClaimTemplates?: NonNullable<Workload['spec']>[];
    readonly spec?: Workload['spec'];
  };
}

interface Container {
  readonly image: string;
  readonly resources?: { readonly requests?: Record<string, string | number> };
}

/** What a fleet requires of the cluster. */
export interface Needs {
  /** Long-running pods, at the upper limit of autoscaling. */
  readonly pods: number;
  /** How many of them are proxies. */
  readonly proxies: number;
  /** How many of them are exporters of metrics. */
  readonly exporters: number;
  /** Requested CPUs. */
  readonly cpu: number;
  /** Requested bytes. */
  readonly memory: number;
  /** Claimed bytes. */
  readonly storage: number;
  readonly claims: number;
  readonly services: number;
  readonly images: string[];
  /** The names of the PersistentVolumes. */
  readonly volumes: string[];
}

/** Adds up the manifests of a fleet. */
export function needsOf(manifests: readonly unknown[]): Needs {
  const all = manifests as Workload[];
  const ofKind = (kind: string): Workload[] => all.filter((it) => it.kind === kind);
  const maxReplicas = (it: Workload): number => {
    const scaled = ofKind('HorizontalPodAutoscaler').find(
      ({ spec }) => spec?.scaleTargetRef?.name === it.metadata.name,
    );
    return scaled?.spec?.maxReplicas ?? it.spec?.replicas ?? 1;
  };
  const running = [...ofKind('StatefulSet'), ...ofKind('Deployment')];
  const sum = (what: 'cpu' | 'memory'): number => total(running.map((it) => maxReplicas(it) * requested(it, what)));
  const claimed = ofKind('PersistentVolumeClaim').map((it) => quantity(it.spec?.resources?.requests?.storage));
  const templates = ofKind('StatefulSet').flatMap((it) =>
    (it.spec?.volumeClaimTemplates ?? []).flatMap(({ spec }) =>
      Array<number>(maxReplicas(it)).fill(quantity(spec?.resources?.requests?.storage)),
    ),
  );
  return {
    pods: total(running.map(maxReplicas)),
    proxies: total(running.filter(isOf('proxy')).map(maxReplicas)),
    exporters: total(running.filter(isOf('metrics')).map(maxReplicas)),
    cpu: sum('cpu'),
    memory: sum('memory'),
    storage: total([...claimed, ...templates]),
    claims: claimed.length + templates.length,
    services: ofKind('Service').length,
    images: [...new Set(all.flatMap(containersOf).map(({ image }) => image))].sort(),
    volumes: ofKind('PersistentVolume').map(({ metadata }) => metadata.name),
  };
}

/** Whether it is of a component of the fleet. */
function isOf(component: string): (workload: Workload) => boolean {
  return ({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === component;
}

function containersOf({ spec }: Workload): Container[] {
  const pod = spec?.template?.spec;
  return pod === undefined ? [] : [...(pod.initContainers ?? []), ...pod.containers];
}

/** Counts as the scheduler does: the sum of the containers, or the largest init container. */
function requested({ spec }: Workload, what: 'cpu' | 'memory'): number {
  const of = ({ resources }: Container): number => quantity(resources?.requests?.[what]);
  const pod = spec?.template?.spec;
  return Math.max(total((pod?.containers ?? []).map(of)), ...(pod?.initContainers ?? []).map(of));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity as a number. */
function quantity(text: string | number = 0): number {
  const [, digits, unit] = /^([\d.]+)([A-Za-z]*)$/.exec(String(text)) ?? [];
  return Number(digits) * (UNITS[unit] ?? 1);
}

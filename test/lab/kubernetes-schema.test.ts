import {
  labels,
  redis,
  pod,
  claim,
  statefulSet,
  withPod,
  withContainer,
  withMount,
  object,
  configMap,
  service,
  deployment,
  job,
  autoscaler,
  cpu,
  budget,
  endpoints,
  networkPolicy,
  volumeClaim,
  volume,
  secret,
} from './kubernetes-samples';
import { problemsOf } from './kubernetes-schema';

describe('valid objects have no problems', () => {
  test.each([
    statefulSet(),
    withPod({ volumes: [pod.volumes[1]] }, { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] }),
    deployment({ replicas: 2, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: '0%' } } }),
    job({ backoffLimit: 0, suspend: true }),
    object('v1', 'Pod', { spec: pod }),
    service({ clusterIP: 'None', publishNotReadyAddresses: true, selector: labels }),
    service({
      ports: [
        { name: 'a', port: 1, protocol: 'TCP' },
        { name: 'b', port: 1, protocol: 'UDP' },
      ],
    }),
    configMap({ 'redis.conf': 'save ""\n' }),
    secret({ data: { password: 'c2VjcmV0' } }),
    object('v1', 'ServiceAccount', { automountServiceAccountToken: false }),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'unit-1' } },
    volume({}),
    volumeClaim({ storageClassName: '', volumeName: 'redis' }),
    budget({ maxUnavailable: '10%' }),
    autoscaler({ minReplicas: 1, metrics: [cpu] }),
    networkPolicy(6379),
    endpoints({}),
  ])('$kind', (valid) => {
    expect(problemsOf(valid)).toEqual([]);
  });
});

describe('the schema', () => {
  test.each([
    ['a wrong type', statefulSet({ replicas: '3' }), '/spec/replicas must be integer'],
    [
      'a missing field',
      withContainer({ name: undefined }),
      "/spec/template/spec/containers/0 must have required property 'name'",
    ],
    [
      'an unknown field',
      withPod({ nodeSelectors: {} }),
      '/spec/template/spec must NOT have additional properties: nodeSelectors',
    ],
    [
      'a field newer than 1.27',
      withContainer({ restartPolicy: 'Always' }),
      '/spec/template/spec/containers/0 must NOT have additional properties: restartPolicy',
    ],
    [
      'an unknown value',
      statefulSet({ podManagementPolicy: 'parallel' }),
      '/spec/podManagementPolicy must be equal to one of the allowed values: OrderedReady, Parallel',
    ],
    [
      'an unknown update strategy',
      statefulSet({ updateStrategy: { type: 'Recreate' } }),
      '/spec/updateStrategy/type must be equal to one of the allowed values: OnDelete, RollingUpdate',
    ],
    [
      'an unknown access mode',
      volumeClaim({ accessModes: ['RWX'] }),
      '/spec/accessModes/0 must be equal to one of the allowed values: ReadOnlyMany, ReadWriteMany, ReadWriteOnce, ReadWriteOncePod',
    ],
    [
      'an unknown reclaim policy',
      volume({ persistentVolumeReclaimPolicy: 'Keep' }),
      '/spec/persistentVolumeReclaimPolicy must be equal to one of the allowed values: Delete, Recycle, Retain',
    ],
    [
      'an unknown Service type',
      service({ type: 'Headless' }),
      '/spec/type must be equal to one of the allowed values: ClusterIP, ExternalName, LoadBalancer, NodePort',
    ],
    [
      'an unknown protocol',
      endpoints({ protocol: 'tcp' }),
      '/ports/0/protocol must be equal to one of the allowed values: SCTP, TCP, UDP',
    ],
    ['a number beyond its format', statefulSet({ replicas: 2 ** 31 }), '/spec/replicas must match format "int32"'],
    [
      'a Secret that is not base64',
      secret({ data: { password: 'se cret' } }),
      '/data/password must match format "byte"',
    ],
    ['null', statefulSet({ replicas: null }), '/spec/replicas is null'],
    ['null in a map', configMap({ 'a/b': null }), '/data/a~1b is null'],
    ['null in a list', withContainer({ args: ['a', null] }), '/spec/template/spec/containers/0/args/1 is null'],
    [
      'a repeated list key',
      withPod({ containers: [redis, redis] }),
      '/spec/template/spec/containers must not repeat: name',
    ],
    [
      'a repeated port',
      withContainer({ ports: [{ containerPort: 1 }, { containerPort: 1, protocol: 'TCP' }] }),
      '/spec/template/spec/containers/0/ports must not repeat: containerPort,protocol',
    ],
    [
      'a repeated variable',
      withContainer({
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      }),
      '/spec/template/spec/containers/0/env must not repeat: name',
    ],
    [
      'an unknown kind',
      { apiVersion: 'apps/v2', kind: 'StatefulSet' },
      'apps/v2 StatefulSet is not a kind in kubernetes-1.27.json; add it in scripts/kubernetes-schema.mjs',
    ],
    [
      'no object',
      null,
      'undefined undefined is not a kind in kubernetes-1.27.json; add it in scripts/kubernetes-schema.mjs',
    ],
  ])('finds %s', (_, broken, problem) => {
    expect(problemsOf(broken)).toContain(problem);
  });

  test('reports each problem once', () => {
    expect(problemsOf(statefulSet({ replicas: 'three' }))).toEqual(['/spec/replicas must be integer']);
  });
});

describe('the check across fields', () => {
  const set = (name: string) => statefulSet({}, { name });

  test.each([
    ['a name with capitals', set('Redis'), '/metadata/name "Redis" is not a valid name of a StatefulSet'],
    [
      'a StatefulSet whose pods could not be labelled',
      set('x'.repeat(53)),
      `/metadata/name "${'x'.repeat(53)}" is not a valid name of a StatefulSet`,
    ],
    [
      'a Service that begins with a digit',
      service({}, '1-redis'),
      '/metadata/name "1-redis" is not a valid name of a Service',
    ],
    [
      'a ConfigMap without name',
      { ...configMap({}), metadata: {} },
      '/metadata/name "" is not a valid name of a ConfigMap',
    ],
    [
      'a Namespace with a dot',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } },
      '/metadata/name "a.b" is not a valid name of a Namespace',
    ],
    [
      'a cluster-scoped object in a namespace',
      volume({}, { namespace: 'unit-1' }),
      '/metadata/namespace: a PersistentVolume has no namespace',
    ],
    [
      'an object that is too large for kubectl apply',
      configMap({ big: 'é'.repeat(131_072) }),
      '/ is 262249 bytes of JSON: kubectl apply accepts less than 262144',
    ],
    [
      'a mount without volume',
      withMount({ name: 'date' }),
      'container redis mounts date, which is not a volume of the pod',
    ],
    [
      'an init container with the name of a container',
      withPod({ initContainers: [redis] }),
      'containers and init containers share the name redis',
    ],
    [
      'a claim template with the name of a volume',
      statefulSet({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] }),
      'volumes and claim templates share the name data',
    ],
    [
      'a selector that misses its pods',
      statefulSet({ selector: { matchLabels: { app: 'valkey' } } }),
      '/spec/selector requires app: valkey, which the pods of the template do not have',
    ],
    [
      'a Deployment whose pods end',
      deployment({ template: { metadata: { labels }, spec: { ...pod, restartPolicy: 'Never' } } }),
      '/spec/template/spec/restartPolicy Never: a Deployment accepts Always',
    ],
    [
      'a Job whose pods never end',
      job({}, { restartPolicy: undefined }),
      '/spec/template/spec/restartPolicy Always: a Job accepts OnFailure or Never',
    ],
    [
      'a policy for failures of pods that are restarted',
      job({ podFailurePolicy: { rules: [] } }, { restartPolicy: 'OnFailure' }),
      '/spec/podFailurePolicy is only for pods with the restartPolicy Never',
    ],
    [
      'a successThreshold for liveness',
      withContainer({ livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
      'container redis: only a readiness probe has a successThreshold',
    ],
  ])('finds %s', (_, broken, problem) => {
    expect(problemsOf(broken)).toEqual([problem]);
  });
});

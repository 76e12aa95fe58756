// Valid Kubernetes objects, and ways to make them invalid.

export type Fields = Record<string, unknown>;

export const labels = { app: 'redis' };
export const redis = {
  name: 'redis',
  image: 'redis:7.0.15',
  imagePullPolicy: 'IfNotPresent',
  env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'redis', key: 'password' } } }],
  ports: [{ name: 'redis', containerPort: 6379 }],
  readinessProbe: { tcpSocket: { port: 'redis' }, periodSeconds: 5 },
  resources: { requests: { cpu: '100m', memory: '1.5Gi' }, limits: { memory: 2e9 } },
  volumeMounts: [
    { name: 'data', mountPath: '/data', subPathExpr: '$(POD_NAME)' },
    { name: 'config', mountPath: '/etc/redis', readOnly: true },
  ],
};
export const pod = {
  containers: [redis],
  volumes: [
    { name: 'data', persistentVolumeClaim: { claimName: 'redis' } },
    { name: 'config', configMap: { name: 'redis', defaultMode: 0o444 } },
  ],
};
export const claim = { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Ti' } } };

export function statefulSet(spec: Fields = {}, metadata: Fields = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'redis', namespace: 'unit-1', labels, ...metadata },
    spec: {
      serviceName: 'redis',
      replicas: 3,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
      ...spec,
    },
  };
}
export const withPod = (fields: Fields, set: Fields = {}) =>
  statefulSet({ template: { metadata: { labels }, spec: { ...pod, ...fields } }, ...set });
export const withContainer = (fields: Fields) => withPod({ containers: [{ ...redis, ...fields }] });
export const withProbe = (fields: Fields) => withContainer({ readinessProbe: { ...redis.readinessProbe, ...fields } });
export const withMount = (fields: Fields) =>
  withContainer({ volumeMounts: [{ name: 'data', mountPath: '/data', ...fields }] });
export const withVolume = (fields: Fields) => withPod({ volumes: [...pod.volumes, fields] });

export const object = (apiVersion: string, kind: string, fields: Fields, name = 'redis') => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'unit-1' },
  ...fields,
});
export const configMap = (data: Fields, fields: Fields = {}) => object('v1', 'ConfigMap', { data, ...fields });
export const service = (spec: Fields, name?: string) =>
  object('v1', 'Service', { spec: { ports: [{ port: 6379, targetPort: 'redis' }], ...spec } }, name);
export const deployment = (spec: Fields) =>
  object('apps/v1', 'Deployment', {
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod }, ...spec },
  });
export const job = (spec: Fields, podFields: Fields = {}) =>
  object('batch/v1', 'Job', {
    spec: { template: { spec: { ...pod, restartPolicy: 'Never', ...podFields } }, ...spec },
  });
export const cronJob = (spec: Fields) =>
  object('batch/v1', 'CronJob', {
    spec: {
      schedule: '@daily',
      jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
      ...spec,
    },
  });
export const autoscaler = (spec: Fields) =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'proxy' }, ...spec },
  });
export const cpu = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
};
export const budget = (spec: Fields) =>
  object('policy/v1', 'PodDisruptionBudget', { spec: { selector: { matchLabels: labels }, ...spec } });
export const endpoints = (port: Fields) =>
  object('discovery.k8s.io/v1', 'EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ name: '', port: 6379, ...port }],
  });
export const networkPolicy = (port: unknown) =>
  object('networking.k8s.io/v1', 'NetworkPolicy', {
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress'],
      ingress: [{ ports: [{ protocol: 'TCP', port }] }],
    },
  });
export const volumeClaim = (spec: Fields) => object('v1', 'PersistentVolumeClaim', { spec: { ...claim, ...spec } });
export function volume(spec: Fields, metadata: Fields = {}) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'redis', ...metadata },
    spec: {
      accessModes: ['ReadWriteMany'],
      capacity: { storage: '1Ti' },
      nfs: { server: '10.0.0.9', path: '/export' },
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
  };
}

export const secret = (fields: Fields) => object('v1', 'Secret', fields);

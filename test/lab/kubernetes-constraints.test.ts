import { CONSTRAINTS } from './kubernetes-constraints';
import {
  statefulSet,
  withPod,
  withContainer,
  withProbe,
  withMount,
  withVolume,
  configMap,
  service,
  deployment,
  job,
  cronJob,
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

/** A Job with a pod failure policy of one rule. */
function failing(rule: unknown): unknown {
  return job({ podFailurePolicy: { rules: [rule] } });
}

/** For each constraint, an object that violates only it, and the reported field. */
const breaches: Record<string, [broken: unknown, field: string]> = {
  'api.resource.Quantity': [
    volumeClaim({ resources: { requests: { storage: '1 TB' } } }),
    '/spec/resources/requests/storage',
  ],
  'meta.v1.ObjectMeta.annotations': [statefulSet({}, { annotations: { 'a/b/c': '' } }), '/metadata/annotations'],
  'meta.v1.ObjectMeta.labels': [statefulSet({}, { labels: { shard: 'x'.repeat(64) } }), '/metadata/labels/shard'],
  'meta.v1.ObjectMeta.namespace': [statefulSet({}, { namespace: 'unit.1' }), '/metadata/namespace'],
  'meta.v1.LabelSelector.matchLabels': [
    budget({ selector: { matchLabels: { app: '-' } } }),
    '/spec/selector/matchLabels/app',
  ],
  'meta.v1.LabelSelectorRequirement.operator': [
    budget({ selector: { matchExpressions: [{ key: 'app', operator: 'Is' }] } }),
    '/spec/selector/matchExpressions/0/operator',
  ],

  'core.v1.ConfigMap.binaryData': [configMap({}, { binaryData: { 'a b': '' } }), '/binaryData'],
  'core.v1.ConfigMap.data': [configMap({ 'etc/redis.conf': '' }), '/data'],
  'core.v1.ConfigMapVolumeSource.defaultMode': [
    withVolume({ name: 'x', configMap: { name: 'x', defaultMode: 644 } }),
    '/spec/template/spec/volumes/2/configMap/defaultMode',
  ],
  'core.v1.Container': [withContainer({ image: undefined }), '/spec/template/spec/containers/0'],
  'core.v1.Container.image': [withContainer({ image: ' redis' }), '/spec/template/spec/containers/0/image'],
  'core.v1.Container.name': [withContainer({ name: 'Redis_1' }), '/spec/template/spec/containers/0/name'],
  'core.v1.Container.ports': [
    withContainer({
      ports: [
        { name: 'a', containerPort: 1 },
        { name: 'a', containerPort: 2 },
      ],
    }),
    '/spec/template/spec/containers/0/ports',
  ],
  'core.v1.ContainerPort.containerPort': [
    withContainer({ ports: [{ containerPort: 0 }] }),
    '/spec/template/spec/containers/0/ports/0/containerPort',
  ],
  'core.v1.ContainerPort.hostPort': [
    withContainer({ ports: [{ containerPort: 1, hostPort: 65_536 }] }),
    '/spec/template/spec/containers/0/ports/0/hostPort',
  ],
  'core.v1.ContainerPort.name': [
    withContainer({ ports: [{ name: 'twemproxy-shard-0', containerPort: 1 }] }),
    '/spec/template/spec/containers/0/ports/0/name',
  ],
  'core.v1.EnvVar': [
    withContainer({ env: [{ name: 'A', value: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
    '/spec/template/spec/containers/0/env/0',
  ],
  'core.v1.EnvVar.name': [
    withContainer({ env: [{ name: '1A', value: '' }] }),
    '/spec/template/spec/containers/0/env/0/name',
  ],
  'core.v1.GRPCAction.port': [
    withProbe({ tcpSocket: undefined, grpc: { port: 0 } }),
    '/spec/template/spec/containers/0/readinessProbe/grpc/port',
  ],
  'core.v1.HTTPGetAction.port': [
    withProbe({ tcpSocket: undefined, httpGet: { port: '80' } }),
    '/spec/template/spec/containers/0/readinessProbe/httpGet/port',
  ],
  'core.v1.KeyToPath.mode': [
    withVolume({ name: 'x', secret: { items: [{ key: 'a', path: 'a', mode: 512 }] } }),
    '/spec/template/spec/volumes/2/secret/items/0/mode',
  ],
  'core.v1.KeyToPath.path': [
    withVolume({ name: 'x', secret: { items: [{ key: 'a', path: '../a' }] } }),
    '/spec/template/spec/volumes/2/secret/items/0/path',
  ],
  'core.v1.LifecycleHandler': [
    withContainer({ lifecycle: { preStop: {} } }),
    '/spec/template/spec/containers/0/lifecycle/preStop',
  ],
  'core.v1.NFSVolumeSource.path': [volume({ nfs: { server: 'nfs', path: 'export' } }), '/spec/nfs/path'],
  'core.v1.PersistentVolumeClaimSpec': [volumeClaim({ resources: {} }), '/spec/resources'],
  'core.v1.PersistentVolumeClaimSpec.accessModes': [volumeClaim({ accessModes: [] }), '/spec/accessModes'],
  'core.v1.PersistentVolumeSpec': [volume({ capacity: undefined }), '/spec'],
  'core.v1.PersistentVolumeSpec.accessModes': [volume({ accessModes: [] }), '/spec/accessModes'],
  'core.v1.PersistentVolumeSpec.capacity': [volume({ capacity: {} }), '/spec/capacity'],
  'core.v1.PodSpec.containers': [withPod({ containers: [] }), '/spec/template/spec/containers'],
  'core.v1.PodSpec.terminationGracePeriodSeconds': [
    withPod({ terminationGracePeriodSeconds: -1 }),
    '/spec/template/spec/terminationGracePeriodSeconds',
  ],
  'core.v1.Probe': [withProbe({ exec: { command: ['true'] } }), '/spec/template/spec/containers/0/readinessProbe'],
  'core.v1.Probe.failureThreshold': [
    withProbe({ failureThreshold: 0 }),
    '/spec/template/spec/containers/0/readinessProbe/failureThreshold',
  ],
  'core.v1.Probe.initialDelaySeconds': [
    withProbe({ initialDelaySeconds: -1 }),
    '/spec/template/spec/containers/0/readinessProbe/initialDelaySeconds',
  ],
  'core.v1.Probe.periodSeconds': [
    withProbe({ periodSeconds: 0 }),
    '/spec/template/spec/containers/0/readinessProbe/periodSeconds',
  ],
  'core.v1.Probe.successThreshold': [
    withProbe({ successThreshold: 0 }),
    '/spec/template/spec/containers/0/readinessProbe/successThreshold',
  ],
  'core.v1.Probe.timeoutSeconds': [
    withProbe({ timeoutSeconds: 0 }),
    '/spec/template/spec/containers/0/readinessProbe/timeoutSeconds',
  ],
  'core.v1.Secret.data': [secret({ data: { 'pass word': '' } }), '/data'],
  'core.v1.Secret.stringData': [secret({ stringData: { '..': '' } }), '/stringData'],
  'core.v1.SecretVolumeSource.defaultMode': [
    withVolume({ name: 'x', secret: { defaultMode: 640 } }),
    '/spec/template/spec/volumes/2/secret/defaultMode',
  ],
  'core.v1.ServicePort.name': [service({ ports: [{ name: 'Redis', port: 1 }] }), '/spec/ports/0/name'],
  'core.v1.ServicePort.port': [service({ ports: [{ port: 70_000 }] }), '/spec/ports/0/port'],
  'core.v1.ServicePort.targetPort': [service({ ports: [{ port: 1, targetPort: 'a--b' }] }), '/spec/ports/0/targetPort'],
  'core.v1.ServiceSpec.ports': [service({ ports: [{ port: 1 }, { port: 2 }] }), '/spec/ports'],
  'core.v1.ServiceSpec.selector': [service({ selector: { app: 'a b' } }), '/spec/selector/app'],
  'core.v1.TCPSocketAction.port': [
    withProbe({ tcpSocket: { port: 0 } }),
    '/spec/template/spec/containers/0/readinessProbe/tcpSocket/port',
  ],
  'core.v1.TopologySpreadConstraint.maxSkew': [
    withPod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] }),
    '/spec/template/spec/topologySpreadConstraints/0/maxSkew',
  ],
  'core.v1.Volume': [withVolume({ name: 'x', emptyDir: {}, secret: {} }), '/spec/template/spec/volumes/2'],
  'core.v1.Volume.name': [withVolume({ name: 'x_y', emptyDir: {} }), '/spec/template/spec/volumes/2/name'],
  'core.v1.VolumeMount': [
    withMount({ subPath: 'a', subPathExpr: 'a' }),
    '/spec/template/spec/containers/0/volumeMounts/0',
  ],
  'core.v1.VolumeMount.mountPath': [
    withMount({ mountPath: '/a:/b' }),
    '/spec/template/spec/containers/0/volumeMounts/0/mountPath',
  ],
  'core.v1.VolumeMount.subPath': [
    withMount({ subPath: '/a' }),
    '/spec/template/spec/containers/0/volumeMounts/0/subPath',
  ],
  'core.v1.VolumeMount.subPathExpr': [
    withMount({ subPathExpr: 'a/..' }),
    '/spec/template/spec/containers/0/volumeMounts/0/subPathExpr',
  ],

  'apps.v1.DeploymentSpec.replicas': [deployment({ replicas: -1 }), '/spec/replicas'],
  'apps.v1.RollingUpdateDeployment': [
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    '/spec/strategy/rollingUpdate',
  ],
  'apps.v1.RollingUpdateDeployment.maxSurge': [
    deployment({ strategy: { rollingUpdate: { maxSurge: '1' } } }),
    '/spec/strategy/rollingUpdate/maxSurge',
  ],
  'apps.v1.RollingUpdateDeployment.maxUnavailable': [
    deployment({ strategy: { rollingUpdate: { maxUnavailable: -1 } } }),
    '/spec/strategy/rollingUpdate/maxUnavailable',
  ],
  'apps.v1.RollingUpdateStatefulSetStrategy.partition': [
    statefulSet({ updateStrategy: { rollingUpdate: { partition: -1 } } }),
    '/spec/updateStrategy/rollingUpdate/partition',
  ],
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted': [
    statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' } }),
    '/spec/persistentVolumeClaimRetentionPolicy/whenDeleted',
  ],
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled': [
    statefulSet({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } }),
    '/spec/persistentVolumeClaimRetentionPolicy/whenScaled',
  ],
  'apps.v1.StatefulSetSpec.replicas': [statefulSet({ replicas: -1 }), '/spec/replicas'],
  'autoscaling.v2.HPAScalingPolicy.type': [
    autoscaler({ behavior: { scaleUp: { policies: [{ type: 'Pod', value: 1, periodSeconds: 60 }] } } }),
    '/spec/behavior/scaleUp/policies/0/type',
  ],
  'autoscaling.v2.HPAScalingRules.selectPolicy': [
    autoscaler({ behavior: { scaleUp: { selectPolicy: 'Off' } } }),
    '/spec/behavior/scaleUp/selectPolicy',
  ],
  'autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas': [autoscaler({ maxReplicas: 0 }), '/spec/maxReplicas'],
  'autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas': [autoscaler({ minReplicas: 0 }), '/spec/minReplicas'],
  'autoscaling.v2.MetricSpec.type': [autoscaler({ metrics: [{ ...cpu, type: 'Cpu' }] }), '/spec/metrics/0/type'],
  'autoscaling.v2.MetricTarget.type': [
    autoscaler({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Percent' } } }] }),
    '/spec/metrics/0/resource/target/type',
  ],
  'batch.v1.CronJobSpec.concurrencyPolicy': [cronJob({ concurrencyPolicy: 'Deny' }), '/spec/concurrencyPolicy'],
  'batch.v1.CronJobSpec.failedJobsHistoryLimit': [
    cronJob({ failedJobsHistoryLimit: -1 }),
    '/spec/failedJobsHistoryLimit',
  ],
  'batch.v1.CronJobSpec.startingDeadlineSeconds': [
    cronJob({ startingDeadlineSeconds: -1 }),
    '/spec/startingDeadlineSeconds',
  ],
  'batch.v1.CronJobSpec.successfulJobsHistoryLimit': [
    cronJob({ successfulJobsHistoryLimit: -1 }),
    '/spec/successfulJobsHistoryLimit',
  ],
  'batch.v1.JobSpec.activeDeadlineSeconds': [job({ activeDeadlineSeconds: -1 }), '/spec/activeDeadlineSeconds'],
  'batch.v1.JobSpec.backoffLimit': [job({ backoffLimit: -1 }), '/spec/backoffLimit'],
  'batch.v1.JobSpec.completions': [job({ completions: -1 }), '/spec/completions'],
  'batch.v1.JobSpec.parallelism': [job({ parallelism: -1 }), '/spec/parallelism'],
  'batch.v1.JobSpec.ttlSecondsAfterFinished': [job({ ttlSecondsAfterFinished: -1 }), '/spec/ttlSecondsAfterFinished'],
  'batch.v1.PodFailurePolicyRule.action': [
    failing({ action: 'Stop', onPodConditions: [{ type: 'x', status: 'True' }] }),
    '/spec/podFailurePolicy/rules/0/action',
  ],
  'batch.v1.PodFailurePolicyRule': [
    failing({ action: 'Ignore', onPodConditions: [] }),
    '/spec/podFailurePolicy/rules/0',
  ],
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.operator': [
    failing({ action: 'FailJob', onExitCodes: { operator: 'Is', values: [2] } }),
    '/spec/podFailurePolicy/rules/0/onExitCodes/operator',
  ],
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.values': [
    failing({ action: 'FailJob', onPodConditions: [], onExitCodes: { operator: 'In', values: [] } }),
    '/spec/podFailurePolicy/rules/0/onExitCodes/values',
  ],
  'batch.v1.PodFailurePolicyOnPodConditionsPattern.status': [
    failing({ action: 'Ignore', onPodConditions: [{ type: 'x', status: 'Yes' }] }),
    '/spec/podFailurePolicy/rules/0/onPodConditions/0/status',
  ],
  'discovery.v1.EndpointPort.name': [endpoints({ name: 'Redis' }), '/ports/0/name'],
  'discovery.v1.EndpointPort.port': [endpoints({ port: 0 }), '/ports/0/port'],
  'networking.v1.NetworkPolicyPort.port': [networkPolicy(0), '/spec/ingress/0/ports/0/port'],
  'policy.v1.PodDisruptionBudgetSpec': [budget({ minAvailable: 1, maxUnavailable: 1 }), '/spec'],
  'policy.v1.PodDisruptionBudgetSpec.maxUnavailable': [budget({ maxUnavailable: '1' }), '/spec/maxUnavailable'],
  'policy.v1.PodDisruptionBudgetSpec.minAvailable': [budget({ minAvailable: -1 }), '/spec/minAvailable'],
};

describe('the constraints beyond the schema', () => {
  test('each have an object that violates them', () => {
    expect(Object.keys(breaches)).toEqual(Object.keys(CONSTRAINTS));
  });

  test.each(Object.entries(breaches))('%s', (_, [broken, field]) => {
    const fields = problemsOf(broken).map((problem) => problem.split(' ')[0]);
    expect(fields).toContain(field);
    expect(fields.filter((other) => !other.startsWith(field) && !field.startsWith(other))).toEqual([]);
  });
});

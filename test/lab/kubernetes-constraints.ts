// Validation of single fields by the API server beyond its published schema (k8s.io/kubernetes/pkg/apis/*/validation, 1.27),
// as JSON schema. Keys name a definition, or one of its fields.

import type { Schema } from 'ajv';

const DNS_LABEL = { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63 };
const QUALIFIED_NAME = {
  pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$',
  maxLength: 317,
};
const LABEL_VALUE = { pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$', maxLength: 63 };
const LABELS = { propertyNames: QUALIFIED_NAME, additionalProperties: LABEL_VALUE };
const FILE_NAMES = { propertyNames: { pattern: '^[-._a-zA-Z0-9]+$', not: { enum: ['.', '..'] }, maxLength: 253 } };
const FILE_MODE = { minimum: 0, maximum: 0o777 };
/** A relative path that stays below its volume. */
const INNER_PATH = { pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$))' };
const PORT = { minimum: 1, maximum: 65_535 };
/** IANA service names: the names of container ports, to which Services and probes refer. */
const PORT_NAME = { pattern: '^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 15 };
const PORT_OR_NAME = { if: { type: 'integer' }, then: PORT, else: PORT_NAME };
const NUMBER_OR_PERCENT = { if: { type: 'integer' }, then: { minimum: 0 }, else: { pattern: '^\\d+%$' } };
const NATURAL = { minimum: 0 };
const POSITIVE = { minimum: 1 };

const oneOfThese = (...fields: string[]): Schema => ({ oneOf: fields.map((field) => ({ required: [field] })) });
const notTogether = (...fields: string[]): Schema => ({ not: { required: fields } });

export const CONSTRAINTS: Record<string, Schema> = {
  'api.resource.Quantity': {
    pattern: '^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?$',
  },
  'meta.v1.ObjectMeta.annotations': { propertyNames: QUALIFIED_NAME },
  'meta.v1.ObjectMeta.labels': LABELS,
  'meta.v1.ObjectMeta.namespace': DNS_LABEL,
  'meta.v1.LabelSelector.matchLabels': LABELS,
  'meta.v1.LabelSelectorRequirement.operator': { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },

  'core.v1.ConfigMap.binaryData': FILE_NAMES,
  'core.v1.ConfigMap.data': FILE_NAMES,
  'core.v1.ConfigMapVolumeSource.defaultMode': FILE_MODE,
  'core.v1.Container': { required: ['image'] },
  'core.v1.Container.image': { pattern: '^\\S+$' },
  'core.v1.Container.name': DNS_LABEL,
  'core.v1.Container.ports': { uniqueBy: ['name'] },
  'core.v1.ContainerPort.containerPort': PORT,
  'core.v1.ContainerPort.hostPort': PORT,
  'core.v1.ContainerPort.name': PORT_NAME,
  'core.v1.EnvVar': notTogether('value', 'valueFrom'),
  'core.v1.EnvVar.name': { pattern: '^[-._a-zA-Z][-._a-zA-Z0-9]*$' },
  'core.v1.GRPCAction.port': PORT,
  'core.v1.HTTPGetAction.port': PORT_OR_NAME,
  'core.v1.KeyToPath.mode': FILE_MODE,
  'core.v1.KeyToPath.path': INNER_PATH,
  'core.v1.LifecycleHandler': oneOfThese('exec', 'httpGet', 'tcpSocket'),
  'core.v1.NFSVolumeSource.path': { pattern: '^/' },
  'core.v1.PersistentVolumeClaimSpec': {
    required: ['accessModes', 'resources'],
    properties: { resources: { required: ['requests'], properties: { requests: { required: ['storage'] } } } },
  },
  'core.v1.PersistentVolumeClaimSpec.accessModes': { minItems: 1 },
  'core.v1.PersistentVolumeSpec': { required: ['accessModes', 'capacity'] },
  'core.v1.PersistentVolumeSpec.accessModes': { minItems: 1 },
  'core.v1.PersistentVolumeSpec.capacity': { required: ['storage'] },
  'core.v1.PodSpec.containers': { minItems: 1 },
  'core.v1.PodSpec.terminationGracePeriodSeconds': NATURAL,
  'core.v1.Probe': oneOfThese('exec', 'grpc', 'httpGet', 'tcpSocket'),
  'core.v1.Probe.failureThreshold': POSITIVE,
  'core.v1.Probe.initialDelaySeconds': NATURAL,
  'core.v1.Probe.periodSeconds': POSITIVE,
  'core.v1.Probe.successThreshold': POSITIVE,
  'core.v1.Probe.timeoutSeconds': POSITIVE,
  'core.v1.Secret.data': FILE_NAMES,
  'core.v1.Secret.stringData': FILE_NAMES,
  'core.v1.SecretVolumeSource.defaultMode': FILE_MODE,
  'core.v1.ServicePort.name': DNS_LABEL,
  'core.v1.ServicePort.port': PORT,
  'core.v1.ServicePort.targetPort': PORT_OR_NAME,
  'core.v1.ServiceSpec.ports': {
    uniqueBy: ['name'],
    if: { minItems: 2 },
    then: { items: { required: ['name'] } },
  },
  'core.v1.ServiceSpec.selector': LABELS,
  'core.v1.TCPSocketAction.port': PORT_OR_NAME,
  'core.v1.TopologySpreadConstraint.maxSkew': POSITIVE,
  // A name and exactly one source.
  'core.v1.Volume': { minProperties: 2, maxProperties: 2 },
  'core.v1.Volume.name': DNS_LABEL,
  'core.v1.VolumeMount': notTogether('subPath', 'subPathExpr'),
  'core.v1.VolumeMount.mountPath': { pattern: '^[^:]+$' },
  'core.v1.VolumeMount.subPath': INNER_PATH,
  'core.v1.VolumeMount.subPathExpr': INNER_PATH,

  'apps.v1.DeploymentSpec.replicas': NATURAL,
  'apps.v1.RollingUpdateDeployment': {
    not: {
      properties: { maxSurge: { enum: [0, '0%'] }, maxUnavailable: { enum: [0, '0%'] } },
      required: ['maxSurge', 'maxUnavailable'],
    },
  },
  'apps.v1.RollingUpdateDeployment.maxSurge': NUMBER_OR_PERCENT,
  'apps.v1.RollingUpdateDeployment.maxUnavailable': NUMBER_OR_PERCENT,
  'apps.v1.RollingUpdateStatefulSetStrategy.partition': NATURAL,
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted': { enum: ['Retain', 'Delete'] },
  'apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled': { enum: ['Retain', 'Delete'] },
  'apps.v1.StatefulSetSpec.replicas': NATURAL,
  'autoscaling.v2.HPAScalingPolicy.type': { enum: ['Pods', 'Percent'] },
  'autoscaling.v2.HPAScalingRules.selectPolicy': { enum: ['Max', 'Min', 'Disabled'] },
  'autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas': POSITIVE,
  'autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas': POSITIVE,
  'autoscaling.v2.MetricSpec.type': { enum: ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'] },
  'autoscaling.v2.MetricTarget.type': { enum: ['Utilization', 'Value', 'AverageValue'] },
  'batch.v1.CronJobSpec.concurrencyPolicy': { enum: ['Allow', 'Forbid', 'Replace'] },
  'batch.v1.CronJobSpec.failedJobsHistoryLimit': NATURAL,
  'batch.v1.CronJobSpec.startingDeadlineSeconds': NATURAL,
  'batch.v1.CronJobSpec.successfulJobsHistoryLimit': NATURAL,
  'batch.v1.JobSpec.activeDeadlineSeconds': NATURAL,
  'batch.v1.JobSpec.backoffLimit': NATURAL,
  'batch.v1.JobSpec.completions': NATURAL,
  'batch.v1.JobSpec.parallelism': NATURAL,
  'batch.v1.JobSpec.ttlSecondsAfterFinished': NATURAL,
  'batch.v1.PodFailurePolicyRule.action': { enum: ['Count', 'FailJob', 'Ignore'] },
  // One condition per rule (validatePodFailurePolicyRule); an empty list of conditions is none.
  'batch.v1.PodFailurePolicyRule': {
    if: { required: ['onExitCodes'] },
    then: { properties: { onPodConditions: { maxItems: 0 } } },
    else: { required: ['onPodConditions'], properties: { onPodConditions: { minItems: 1 } } },
  },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.operator': { enum: ['In', 'NotIn'] },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.values': { minItems: 1, uniqueItems: true },
  'batch.v1.PodFailurePolicyOnPodConditionsPattern.status': { enum: ['True', 'False', 'Unknown'] },
  'discovery.v1.EndpointPort.name': { if: { minLength: 1 }, then: DNS_LABEL },
  'discovery.v1.EndpointPort.port': PORT,
  'networking.v1.NetworkPolicyPort.port': PORT_OR_NAME,
  'policy.v1.PodDisruptionBudgetSpec': notTogether('minAvailable', 'maxUnavailable'),
  'policy.v1.PodDisruptionBudgetSpec.maxUnavailable': NUMBER_OR_PERCENT,
  'policy.v1.PodDisruptionBudgetSpec.minAvailable': NUMBER_OR_PERCENT,
};

/**
 * Fields that the published schema requires, but the API server does not: they have no `+optional` in the Go type of 1.27 (it was
 * added later), but a missing field is decoded as an empty one, and the server validates its own types, not the schema.
 */
export const NOT_REQUIRED: Record<string, string> = { 'batch.v1.PodFailurePolicyRule': 'onPodConditions' };

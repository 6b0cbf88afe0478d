import type * as k8s from '@kubernetes/client-node';

/**
 * A type of the Kubernetes client library as it travels: names as in the API (`from`, not `_from`), times as text.
 * Only types are taken from that library: loading its code takes longer than a whole run without changes.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T as Key extends `_${infer Name}` ? Name : Key]: Wire<T[Key]> }
      : T;

/** What every object has (Kubernetes API conventions, "Objects"). */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** An object's metadata, as far as the path reads or writes it. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
  }[];
}

type Typed<Version extends string, Kind extends string, Model> = Omit<
  Wire<Model>,
  'apiVersion' | 'kind' | 'metadata'
> & {
  readonly apiVersion: Version;
  readonly kind: Kind;
  readonly metadata: Metadata;
};

export type Namespace = Typed<'v1', 'Namespace', k8s.V1Namespace>;
export type ServiceAccount = Typed<'v1', 'ServiceAccount', k8s.V1ServiceAccount>;
export type SecretObject = Typed<'v1', 'Secret', k8s.V1Secret>;
export type ConfigMap = Typed<'v1', 'ConfigMap', k8s.V1ConfigMap>;
export type ServiceObject = Typed<'v1', 'Service', k8s.V1Service>;
export type NodeObject = Typed<'v1', 'Node', k8s.V1Node>;
export type Pod = Typed<'v1', 'Pod', k8s.V1Pod>;
export type PodEvent = Typed<'v1', 'Event', k8s.CoreV1Event>;
export type PersistentVolumeClaim = Typed<'v1', 'PersistentVolumeClaim', k8s.V1PersistentVolumeClaim>;
export type Deployment = Typed<'apps/v1', 'Deployment', k8s.V1Deployment>;
export type ReplicaSet = Typed<'apps/v1', 'ReplicaSet', k8s.V1ReplicaSet>;
export type StatefulSet = Typed<'apps/v1', 'StatefulSet', k8s.V1StatefulSet>;
export type LeaseObject = Typed<'coordination.k8s.io/v1', 'Lease', k8s.V1Lease>;
export type Job = Typed<'batch/v1', 'Job', k8s.V1Job>;
export type CronJob = Typed<'batch/v1', 'CronJob', k8s.V1CronJob>;
export type PodDisruptionBudget = Typed<'policy/v1', 'PodDisruptionBudget', k8s.V1PodDisruptionBudget>;
export type HorizontalPodAutoscaler = Typed<
  'autoscaling/v2',
  'HorizontalPodAutoscaler',
  k8s.V2HorizontalPodAutoscaler
>;
export type NetworkPolicy = Typed<'networking.k8s.io/v1', 'NetworkPolicy', k8s.V1NetworkPolicy>;
export type ValidatingAdmissionPolicy = Typed<
  'admissionregistration.k8s.io/v1',
  'ValidatingAdmissionPolicy',
  k8s.V1ValidatingAdmissionPolicy
>;
export type ValidatingAdmissionPolicyBinding = Typed<
  'admissionregistration.k8s.io/v1',
  'ValidatingAdmissionPolicyBinding',
  k8s.V1ValidatingAdmissionPolicyBinding
>;
export type PodTemplate = Wire<k8s.V1PodTemplateSpec>;
export type PodSpec = Wire<k8s.V1PodSpec>;
export type Container = Wire<k8s.V1Container>;
export type ContainerStatus = Wire<k8s.V1ContainerStatus>;
export type Volume = Wire<k8s.V1Volume>;
export type VolumeMount = Wire<k8s.V1VolumeMount>;
export type EnvVar = Wire<k8s.V1EnvVar>;
export type Probe = Wire<k8s.V1Probe>;
export type SecurityContext = Wire<k8s.V1SecurityContext>;
export type PodSecurityContext = Wire<k8s.V1PodSecurityContext>;
export type NetworkPolicyIngressRule = Wire<k8s.V1NetworkPolicyIngressRule>;
export type NetworkPolicyEgressRule = Wire<k8s.V1NetworkPolicyEgressRule>;

/** An object of the API, whatever its kind, with the parts that most kinds have. */
export interface AnyObject extends KubernetesObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [part: string]: unknown;
}

/** One entry of a status's `conditions` (API conventions, "Typical status properties"). */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

/** What identifies an object within a cluster. */
export interface ObjectKey {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** The key of an object. */
export function keyOf(object: KubernetesObject): ObjectKey {
  const { apiVersion, kind, metadata } = object;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
}

/** An object's name for people: `hello/deployment/gateway`, without the namespace where it has none. */
export function objectName(object: ObjectKey | KubernetesObject): string {
  const key = 'metadata' in object ? keyOf(object) : object;
  return [key.namespace, key.kind.toLowerCase(), key.name].filter((part) => part !== undefined).join('/');
}

/** One word that is the same for the same object, whatever the version of its API group. */
export function objectId(object: ObjectKey | KubernetesObject): string {
  const key = 'metadata' in object ? keyOf(object) : object;
  const slash = key.apiVersion.indexOf('/');
  const group = slash === -1 ? '' : key.apiVersion.slice(0, slash);
  return `${group}/${key.kind}/${key.namespace ?? ''}/${key.name}`;
}

/** Kinds that others need to be there first, in that order; all further kinds come after them. */
const first = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
  'ClusterRole',
  'ClusterRoleBinding',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'NetworkPolicy',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'Service',
];

/** Kinds that come last, because they take effect on the others or are refused without them. */
const last = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'PodDisruptionBudget',
  'HorizontalPodAutoscaler',
  'GatewayClass',
  'Gateway',
  'HTTPRoute',
  'APIService',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
];

/** The objects in the order in which they can be created; objects of one rank keep their order. */
export function inApplyOrder<T extends KubernetesObject>(objects: readonly T[]): readonly T[] {
  return [...objects].sort((one, other) => rank(one.kind) - rank(other.kind));
}

/** Whether further objects cannot even be checked before this one is there. */
export function isFoundation(object: KubernetesObject): boolean {
  return object.kind === 'Namespace' || object.kind === 'CustomResourceDefinition';
}

function rank(kind: string): number {
  const early = first.indexOf(kind);
  if (early !== -1) return early;
  const late = last.indexOf(kind);
  return late === -1 ? first.length : first.length + 1 + late;
}

/** The conditions of an object's status; empty where it has none. */
export function conditionsOf(object: { readonly status?: unknown }): readonly Condition[] {
  const status = object.status;
  if (typeof status !== 'object' || status === null || !('conditions' in status)) return [];
  return Array.isArray(status.conditions) ? status.conditions : [];
}

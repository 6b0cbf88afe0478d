import type { Binding, Cluster, PublishedImage } from '../core/handover.ts';
import { label } from '../kubernetes/labels.ts';
import type {
  ConfigMap,
  Deployment,
  Job,
  KubernetesObject,
  PodDisruptionBudget,
  ServiceAccount,
  ServiceObject,
} from '../kubernetes/objects.ts';
import { pullReference } from '../kubernetes/pull-secret.ts';
import type { Component, Project } from '../project/project.ts';
import { autoscaler } from './autoscaler.ts';
import { filesMap } from './files.ts';
import { migrationJob } from './migration.ts';
import { networkPolicies } from './network.ts';
import { appLabels, type ComponentInput, podTemplate } from './pod.ts';

/** What a deploy is planned from. */
export interface DeployInput {
  readonly project: Project;
  readonly images: readonly PublishedImage[];
  readonly bindings: readonly Binding[];
  /** Left out: nodes need no credentials to pull. */
  readonly cluster?: Pick<Cluster, 'pullSecret'>;
}

/** The objects of a deploy, in the three parts that follow each other. */
export interface DeployPlan {
  /** What pods stand on: accounts, files, addresses, network policies. */
  readonly ground: readonly KubernetesObject[];
  /** What has to have run before the new pods start. */
  readonly migrations: readonly Migration[];
  /** The pods themselves, and how many of them may be gone at a time. */
  readonly workloads: readonly KubernetesObject[];
}

/** A component's migration: `mark` tells which one it is, and stands on the Deployment once it has run. */
export interface Migration {
  readonly component: string;
  readonly mark: string;
  readonly job: Job;
}

/** The annotation on a Deployment that says which migration ran before it. */
export const migratedAnnotation = 'ptp.dev/migrated';

/**
 * Seconds that new pods have to be ready for before old ones go: as long as it takes at the usual rate to see that some
 * requests fail, which then holds them (`holdWhileSuspect`). Until they go taking new ones back costs nothing. The
 * cluster counts whole seconds, so it may be one less.
 */
export const watchedSeconds = 4;

/** Seconds that a new version has to become ready. */
export function deadlineOf({ rollout }: Project): number {
  return rollout?.deadline ?? 300;
}

/**
 * Plans the objects that run a project's components.
 * @param chosen the components to run; network policies are planned for all of them
 * @throws Error where an image or a binding is missing, or an image is not named by its digest: faults of the caller
 */
export function planDeploy(input: DeployInput, chosen = input.project.components): DeployPlan {
  const { project } = input;
  const components = chosen.map((component) => componentInput(input, component));
  const migrations = components.flatMap((component) => migrationJob(component) ?? []);
  return {
    ground: [
      ...networkPolicies(project, input.bindings),
      ...components.flatMap((component) => [
        account(component, input.cluster),
        service(component),
        ...files(component),
      ]),
    ],
    migrations,
    workloads: components.flatMap((component) => {
      const mark = migrations.find((migration) => migration.component === component.component.name)?.mark;
      const scaled = autoscaler(component.component, metadata(component));
      return [
        deployment(component, { mark, scaled: scaled.length > 0 }),
        ...disruptionBudget(component),
        ...scaled,
      ];
    }),
  };
}

function componentInput(input: DeployInput, component: Component): ComponentInput {
  const { project } = input;
  const image = input.images.find((candidate) => candidate.name === component.name);
  if (image === undefined) throw new Error(`no image was published for ${component.name}`);
  if (!image.reference.endsWith(`@${image.digest}`))
    throw new Error(`${image.reference} does not name its digest; only digests are deployed`);
  const bindings = component.needs.map((need) => {
    const binding = input.bindings.find((candidate) => candidate.name === need);
    if (binding === undefined) throw new Error(`${component.name} needs ${need}, which nothing provided`);
    return binding;
  });
  return { project, component, image, bindings };
}

function metadata({ project, component }: ComponentInput, name = component.name) {
  const labels = {
    ...appLabels(project, component),
    [label.partOf]: project.name,
    [label.component]: component.name,
  };
  return { name, namespace: project.target.namespace, labels };
}

function account(input: ComponentInput, cluster: DeployInput['cluster'] = {}): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(input),
    automountServiceAccountToken: false,
    ...pullReference(cluster),
  };
}

function files(input: ComponentInput): readonly ConfigMap[] {
  const map = filesMap(input.component);
  if (map === undefined) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(input, map.name),
      data: map.data,
      immutable: true,
    },
  ];
}

/** The address of a component within the cluster. Its management port has none: probes go to the pods. */
function service(input: ComponentInput): ServiceObject {
  const { project, component } = input;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(input),
    spec: {
      selector: appLabels(project, component),
      ports: [
        { name: 'http', port: component.port, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
      ],
    },
  };
}

function deployment(
  input: ComponentInput,
  { mark, scaled }: { readonly mark: string | undefined; readonly scaled: boolean },
): Deployment {
  const { project, component } = input;
  const annotations = mark === undefined ? {} : { annotations: { [migratedAnnotation]: mark } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata(input), ...annotations },
    spec: {
      // The autoscaler's, where there is one.
      ...(scaled ? {} : { replicas: component.replicas }),
      revisionHistoryLimit: 3,
      selector: { matchLabels: appLabels(project, component) },
      // A new pod serves before an old one goes, so a rollout never has fewer pods than asked for. A few pods are
      // replaced all at once: in the time of one, for the memory of a few more while it lasts.
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: component.replicas <= 3 ? component.replicas : '25%', maxUnavailable: 0 },
      },
      // Old pods serve on beside new ones that are ready for so long: what these do to requests shows before it is late.
      minReadySeconds: component.replicas > 1 ? watchedSeconds : 0,
      progressDeadlineSeconds: deadlineOf(project),
      template: podTemplate(input),
    },
  };
}

function disruptionBudget(input: ComponentInput): readonly PodDisruptionBudget[] {
  const { project, component } = input;
  if (Math.max(component.replicas, component.scale?.max ?? 0) < 2) return [];
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadata(input),
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: appLabels(project, component) },
        // A pod that is broken anyway must not keep its node from being drained.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    },
  ];
}

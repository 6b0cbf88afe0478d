import type { Binding, PublishedImage } from '../core/handover.ts';
import { label } from '../kubernetes/labels.ts';
import type {
  Container,
  EnvVar,
  PodSpec,
  PodTemplate,
  Probe,
  Volume,
  VolumeMount,
} from '../kubernetes/objects.ts';
import { containerSecurity, podSecurity } from '../kubernetes/pod-security.ts';
import type { Component, Project } from '../project/project.ts';
import { filesMap } from './files.ts';

/** All that the pods of one component are planned from. */
export interface ComponentInput {
  readonly project: Project;
  readonly component: Component;
  readonly image: PublishedImage;
  /** In the order of the component's `needs`. */
  readonly bindings: readonly Binding[];
}

/** Where bindings are mounted (Service Binding specification 1.1, "Workload Projection"). */
const bindingRoot = '/bindings';

/** The group that may read binding files; any number does, the images' users are members of no group that matters. */
const bindingGroup = 65532;

/**
 * Seconds between a pod's leaving the addresses and its SIGTERM: as long as proxies and gateways take to notice. It is
 * the kubelet that waits, so a component is safe without knowing anything of draining.
 */
const leaveSeconds = 5;

/** Seconds for all of a pod's ending: leaving, then the requests it still has. */
const endSeconds = 60;

/** The labels that select the serving pods of a component, and only these: a migration's pods have another name. */
export function appLabels(project: Project, component: Component): Readonly<Record<string, string>> {
  return { [label.name]: component.name, [label.instance]: project.name };
}

/** The pods of a component's Deployment. */
export function podTemplate(input: ComponentInput): PodTemplate {
  const { project, component } = input;
  const { name } = component;
  const labels = { ...appLabels(project, component), [label.project]: project.name, [label.component]: name };
  return {
    metadata: { labels, annotations: revisions(input) },
    spec: {
      ...podBase(input),
      containers: [serving(input)],
      terminationGracePeriodSeconds: endSeconds,
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: appLabels(project, component) },
          matchLabelKeys: ['pod-template-hash'],
        },
      ],
    },
  };
}

/** What every pod of a component has, those of its migration too. */
export function podBase(input: ComponentInput): Omit<PodSpec, 'containers'> {
  return {
    serviceAccountName: input.component.name,
    automountServiceAccountToken: false,
    // Variables for each Service in the namespace would leak names and differ from start to start.
    enableServiceLinks: false,
    securityContext: {
      ...podSecurity(),
      ...(input.bindings.length === 0
        ? {}
        : { fsGroup: bindingGroup, fsGroupChangePolicy: 'OnRootMismatch' }),
    },
    volumes: volumes(input),
  };
}

/** What every container of a component has. */
export function containerBase(input: ComponentInput): Omit<Container, 'name'> {
  const { component, image } = input;
  const { cpu, memory, memoryLimit } = component.resources;
  return {
    image: image.reference,
    env: environment(input),
    // No limit on the processor: it would slow a component down while the processor has nothing else to do.
    resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
    securityContext: containerSecurity,
    volumeMounts: mounts(input),
  };
}

/** Annotations that change with what the pods read from elsewhere, so that they are replaced when it changes. */
export function revisions({ bindings }: ComponentInput): Readonly<Record<string, string>> {
  return Object.fromEntries(bindings.map(({ name, revision }) => [`ptp.dev/binding.${name}`, revision]));
}

/** As `revisions`, but the same when credentials are exchanged for others to the same data. */
export function origins({ bindings }: ComponentInput): Readonly<Record<string, string>> {
  return Object.fromEntries(
    bindings.map(({ name, revision, origin = revision }) => [`ptp.dev/binding.${name}`, origin]),
  );
}

function serving(input: ComponentInput): Container {
  const { component } = input;
  const probe = (path: string): Probe => ({
    httpGet: { path, port: 'management', scheme: 'HTTP' },
    timeoutSeconds: 3,
  });
  return {
    name: component.name,
    ...containerBase(input),
    ports: [
      { name: 'http', containerPort: component.port, protocol: 'TCP' },
      { name: 'management', containerPort: component.management, protocol: 'TCP' },
    ],
    startupProbe: { ...probe('/livez'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...probe('/livez'), periodSeconds: 10, failureThreshold: 3 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 2, failureThreshold: 2 },
    lifecycle: { preStop: { sleep: { seconds: leaveSeconds } } },
  };
}

function environment({ component, bindings }: ComponentInput): readonly EnvVar[] {
  const own: Readonly<Record<string, string>> = {
    PORT: String(component.port),
    MANAGEMENT_PORT: String(component.management),
    ...(bindings.length === 0 ? {} : { SERVICE_BINDING_ROOT: bindingRoot }),
  };
  return Object.entries({ ...own, ...component.env }).map(([name, value]) => ({ name, value }));
}

function mounts({ component, bindings }: ComponentInput): readonly VolumeMount[] {
  const files = Object.entries(filesMap(component)?.keys ?? {});
  return [
    { name: 'tmp', mountPath: '/tmp' },
    ...bindings.map(({ name }) => ({
      name: `binding-${name}`,
      mountPath: `${bindingRoot}/${name}`,
      readOnly: true,
    })),
    ...files.map(([path, key]) => ({ name: 'files', mountPath: path, subPath: key, readOnly: true })),
  ];
}

function volumes({ component, bindings }: ComponentInput): readonly Volume[] {
  const files = filesMap(component);
  return [
    { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
    ...bindings.map(({ name, secret }) => ({
      name: `binding-${name}`,
      secret: { secretName: secret, defaultMode: 0o440 },
    })),
    ...(files === undefined ? [] : [{ name: 'files', configMap: { name: files.name } }]),
  ];
}

import { label } from '../kubernetes/labels.ts';
import type { Deployment, Pod, StatefulSet } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import type { PodUsage, RequestCounts } from '../snapshot/snapshot.ts';
import type { Topology, TopologyPart, TopologyPod } from './model.ts';

/** What a topology is made of: objects of the project's namespace and what was measured beside them. */
export interface TopologyInput {
  readonly project: Project;
  readonly url: string;
  readonly workloads: readonly (Deployment | StatefulSet)[];
  readonly pods: readonly Pod[];
  readonly requests: readonly RequestCounts[];
  readonly usage: readonly PodUsage[];
}

/** The parts of a system as they are now, from the door inwards, and who talks to whom. Pure. */
export function topologyOf(input: TopologyInput): Topology {
  const { project, url } = input;
  const door: TopologyPart = {
    name: 'users',
    kind: 'door',
    text: new URL(url).host,
    ready: 1,
    wanted: 1,
    restarts: 0,
    pods: [],
  };
  const components = project.components.map(({ name, route }) =>
    partOf(input, name, label.component, 'component', route === undefined ? 'inside only' : `route ${route}`),
  );
  const services = project.services.map(({ name, type, version }) =>
    partOf(input, name, label.service, 'service', `${type === 'postgres' ? 'PostgreSQL' : type} ${version}`),
  );
  return {
    parts: [door, ...components, ...services],
    links: project.components.flatMap(({ name, route, talksTo, needs, port }) => [
      ...(route === undefined ? [] : [{ from: 'users', to: name, text: 'https' }]),
      ...talksTo.map((to) => {
        const called = project.components.find((one) => one.name === to);
        return { from: name, to, text: `:${called?.port ?? port}` };
      }),
      ...needs.map((to) => ({ from: name, to, text: 'bound' })),
    ]),
  };
}

function partOf(
  { workloads, pods, requests, usage }: TopologyInput,
  name: string,
  key: string,
  kind: TopologyPart['kind'],
  text: string,
): TopologyPart {
  const workload = workloads.find((one) => one.metadata.labels?.[key] === name);
  const own = pods.filter(({ metadata }) => metadata.labels?.[key] === name && !ofJob(metadata));
  const counts = requests.filter(({ part }) => part === name);
  const uses = usage.filter(({ pod }) => own.some(({ metadata }) => metadata.name === pod));
  const digest = digestOf(workload?.spec?.template.spec?.containers[0]?.image);
  return {
    name,
    kind,
    text,
    ready: workload?.status?.readyReplicas ?? 0,
    wanted: workload?.spec?.replicas ?? 0,
    restarts: own.reduce((all, { status }) => all + (status?.containerStatuses?.[0]?.restartCount ?? 0), 0),
    ...(digest === '' ? {} : { digest }),
    pods: own.map(podOf).toSorted((one, other) => ((one.since ?? '') < (other.since ?? '') ? -1 : 1)),
    ...(counts.length === 0
      ? {}
      : {
          requests: {
            total: counts.reduce((all, one) => all + one.total, 0),
            failed: counts.reduce((all, one) => all + one.failed, 0),
            seconds: counts.reduce((all, one) => all + one.seconds, 0),
          },
        }),
    ...(uses.length === 0
      ? {}
      : {
          usage: {
            cpu: uses.reduce((all, one) => all + one.cpu, 0),
            memory: uses.reduce((all, one) => all + one.memory, 0),
          },
        }),
  };
}

function podOf({ metadata, spec, status }: Pod): TopologyPod {
  const [container] = status?.containerStatuses ?? [];
  return {
    name: metadata.name,
    state: stateOf({ metadata, status } as Pod),
    node: spec?.nodeName ?? '',
    digest: digestOf(spec?.containers[0]?.image),
    ...(metadata.creationTimestamp === undefined ? {} : { since: metadata.creationTimestamp }),
    restarts: container?.restartCount ?? 0,
  };
}

function stateOf({ metadata, status }: Pod): TopologyPod['state'] {
  if (metadata.deletionTimestamp !== undefined) return 'leaving';
  if (status?.phase === 'Failed') return 'failed';
  const containers = status?.containerStatuses ?? [];
  if (containers.some(({ state }) => /BackOff|Err/.test(state?.waiting?.reason ?? ''))) return 'failed';
  if (containers.length > 0 && containers.every(({ ready }) => ready)) return 'ready';
  return containers.some(({ started }) => started === true) ? 'not-ready' : 'starting';
}

/** A migration's pod bears its component's name too, and is none of its copies. */
function ofJob({ ownerReferences = [] }: Pod['metadata']): boolean {
  return ownerReferences.some(({ kind }) => kind === 'Job');
}

function digestOf(image: string | undefined): string {
  return /sha256:[0-9a-f]{64}$/.exec(image ?? '')?.[0] ?? '';
}

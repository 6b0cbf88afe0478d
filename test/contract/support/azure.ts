import type { Api } from '../../../path/src/clouds/azure/api.ts';
import { azure } from '../../../path/src/clouds/azure/cloud.ts';
import { enterAzure } from '../../../path/src/clouds/azure/enter.ts';
import { dismantle } from '../../../path/src/clouds/dismantle.ts';
import { ensure } from '../../../path/src/clouds/ensure.ts';
import { observe } from '../../../path/src/clouds/observe.ts';
import { Findings } from '../../../path/src/clouds/seen.ts';
import type { Work } from '../../../path/src/clouds/work.ts';
import type { Context } from '../../../path/src/effects/context.ts';
import type { CloudTarget, Project } from '../../../path/src/project/project.ts';
import { type AzureStandIn, azureStandIn } from '../../support/cloud/azure.ts';

let now = 0;

/** A clock that jumps ahead whenever somebody waits, so that waiting takes no time. */
export function contextOf(signal: AbortSignal): Context {
  return {
    emit: () => {},
    clock: {
      monotonic: () => now,
      now: () => new Date(now),
      sleep: async (milliseconds, ended) => {
        ended?.throwIfAborted();
        now += milliseconds;
      },
    },
    processes: { find: async () => undefined } as unknown as Context['processes'],
    cache: '/nowhere',
    signal,
  };
}

/** A project whose target is in Azure. */
export function shop(cloud: Partial<CloudTarget> = {}, name = 'shop'): Project {
  return {
    name,
    folder: '/nowhere',
    components: [],
    services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
    target: {
      name: 'azure',
      cluster: 'aks',
      domain: `${name}.example.com`,
      namespace: name,
      instance: name,
      ports: { http: 80, https: 443 },
      cloud: {
        kind: 'aks',
        region: 'westeurope',
        access: [],
        databases: 'managed',
        acme: { server: 'https://acme.example.com/directory' },
        ...cloud,
      },
    },
  } as unknown as Project;
}

/** The tests' own account, and what is done in it as `ptp up` and `ptp down` do. */
export interface Azure {
  readonly standIn: AzureStandIn;
  enter(project: Project, signal?: AbortSignal): Promise<Work<Api>>;
  up(project?: Project, signal?: AbortSignal): Promise<Work<Api>>;
  down(project?: Project, signal?: AbortSignal): ReturnType<typeof dismantle>;
  /** The calls so far that asked for a change. */
  changing(): readonly string[];
  /** Paths of shop's group and registry. */
  group(): string;
  registry(): string;
  /** What an undisturbed run makes; the account is empty afterwards. */
  whole(): Promise<readonly string[]>;
}

/** Starts it; whoever calls stops `standIn`. */
export async function startAzure(): Promise<Azure> {
  const standIn = await azureStandIn();
  const enter: Azure['enter'] = async (project, signal = new AbortController().signal) => {
    const context = contextOf(signal);
    const session = await enterAzure(context, project, { ...standIn.env });
    if (session === undefined) throw new Error('no credentials');
    return { context, cloud: azure, session, seen: new Findings(signal) };
  };
  const up: Azure['up'] = async (project = shop(), signal) => {
    const work = await enter(project, signal);
    await ensure(work, project, azure.stack(project).resources);
    return work;
  };
  const group = () => `/subscriptions/${standIn.account.id}/resourceGroups/shop-azure`;
  return {
    standIn,
    enter,
    up,
    async down(project = shop(), signal) {
      const work = await enter(project, signal);
      const { resources } = azure.stack(project);
      await observe(work, resources);
      return dismantle(work, resources, { lastCopy: true });
    },
    changing: () => standIn.calls.filter(({ changes }) => changes).map(({ name }) => name),
    group,
    registry: () => `${group()}/providers/Microsoft.ContainerRegistry/registries/shopazure9fd9459f`,
    async whole() {
      await up();
      const made = await standIn.inventory();
      await standIn.reset();
      return made;
    },
  };
}

import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import type { Deployment, NodeObject, Pod, SecretObject, StatefulSet } from '../kubernetes/objects.ts';
import { follow, type Store } from '../kubernetes/watch.ts';
import { historyOf } from '../operate/history.ts';
import { journalOf } from '../operate/runs.ts';
import type { Project } from '../project/project.ts';
import { readReleases } from '../releases/store.ts';
import { readRequests } from '../snapshot/requests.ts';
import type { PodUsage, RequestCounts } from '../snapshot/snapshot.ts';
import { readUsage } from '../snapshot/usage.ts';
import { followRun } from './follow-run.ts';
import type { LiveEvents } from './model.ts';
import { topologyOf } from './topology.ts';

/** Takes what happens, by its name. */
export type TellLive = <Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]) => void;

/** Milliseconds between two looks at what pods have answered; and, in so many of them, one at what they use. */
const every = 2000;
const usageEvery = 5;

/** Milliseconds that changes of pods are gathered for before they are told. */
const gather = 100;

/**
 * Follows a system until the signal: its pods and workloads, requests, releases, and the run that another process of
 * this machine is at. Never rejects: what cannot be followed is told as trouble, and tried again.
 */
export async function followLive(
  context: Context,
  {
    client,
    project,
    url,
  }: { readonly client: KubernetesClient; readonly project: Project; readonly url: string },
  tell: TellLive,
): Promise<void> {
  const { clock, signal } = context;
  const { namespace } = project.target;
  const labels = ownedBy(project.name);
  let pods: readonly Pod[] = [];
  let deployments: readonly Deployment[] = [];
  let sets: readonly StatefulSet[] = [];
  let requests: readonly RequestCounts[] = [];
  let usage: readonly PodUsage[] = [];
  let told = '';
  let waiting = false;

  const tellTopology = (always: boolean) => {
    const topology = topologyOf({
      project,
      url,
      workloads: [...deployments, ...sets],
      pods,
      requests,
      usage,
    });
    const text = JSON.stringify(topology);
    if (text === told && !always) return;
    told = text;
    tell('topology', topology);
  };
  const changed = () => {
    if (waiting) return;
    waiting = true;
    clock.sleep(gather, signal).then(
      () => {
        waiting = false;
        tellTopology(false);
      },
      () => {},
    );
  };
  const watchOf = <T extends Pod | Deployment | StatefulSet>(
    apiVersion: string,
    kind: string,
    take: (all: readonly T[]) => void,
    selector?: string,
  ) =>
    persistently(context, tell, () =>
      follow<T>(
        client,
        { apiVersion, kind, namespace, ...(selector === undefined ? {} : { labels: selector }) },
        {
          clock,
          signal,
          onChange: (store: Store<T>) => {
            take([...store.values()]);
            changed();
          },
        },
      ),
    );
  const measure = async () => {
    for (let round = 0; !signal.aborted; round += 1) {
      try {
        requests = await readRequests(client, project, pods, signal);
        if (round % usageEvery === 0) {
          const nodes = await list<NodeObject>(client, { apiVersion: 'v1', kind: 'Node' }, signal);
          usage = await readUsage(client, nodes, signal);
        }
        // Also where nothing was asked meanwhile: that nothing flows is worth telling.
        tellTopology(true);
      } catch {
        // Nodes that may not be asked, or a cluster that is away: the watches tell of the latter.
      }
      await clock.sleep(every, signal).catch(() => {});
    }
  };
  const releases = () =>
    persistently(context, tell, () =>
      follow<SecretObject>(
        client,
        { apiVersion: 'v1', kind: 'Secret', namespace, labels: `${labels},ptp.dev/release` },
        {
          clock,
          signal,
          onChange: () => {
            readReleases({ signal, emit: () => {} }, client, project).then(
              (records) => tell('releases', historyOf(records)),
              () => {},
            );
          },
        },
      ),
    );
  await Promise.all([
    watchOf<Pod>('v1', 'Pod', (all) => {
      pods = all;
    }),
    watchOf<Deployment>(
      'apps/v1',
      'Deployment',
      (all) => {
        deployments = all;
      },
      labels,
    ),
    watchOf<StatefulSet>(
      'apps/v1',
      'StatefulSet',
      (all) => {
        sets = all;
      },
      labels,
    ),
    releases(),
    measure(),
    followRun(journalOf(context.cache, project), signal, (run) => tell('run', run)),
  ]);
}

/** Does it again after a while where it fails, until the signal. */
async function persistently(
  { clock, signal }: Context,
  tell: TellLive,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      tell('trouble', error instanceof Error ? error.message : String(error));
      await clock.sleep(every, signal).catch(() => {});
    }
  }
}

import type { Answer } from '../core/answer.ts';
import type { CostReport } from '../core/cost.ts';
import type { DrillState } from '../core/drill.ts';
import type { Problem } from '../core/failure.ts';
import type { Decision } from '../explain/decisions.ts';
import type { Deployment, Pod, StatefulSet } from '../kubernetes/objects.ts';
import { historyOf } from '../operate/history.ts';
import { ofKind, type Snapshot } from '../snapshot/snapshot.ts';
import type { PageModel } from './model.ts';
import { topologyOf } from './topology.ts';

/** What is put together into what the page shows. */
export interface PageInput {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
  readonly answers: readonly Answer[];
  readonly drills: readonly DrillState[];
  readonly decisions: readonly Decision[];
  readonly cost: CostReport;
}

/** All that the page and the report show. Pure. */
export function pageModel({ snapshot, ...rest }: PageInput): PageModel {
  const { project, url, cluster, taken, releases, images, certificates, requests, usage } = snapshot;
  return {
    taken,
    system: {
      name: project.name,
      url,
      target: project.target.name,
      cluster: cluster.name,
      provider: cluster.provider,
      version: cluster.version,
    },
    topology: topologyOf({
      project,
      url,
      workloads: [
        ...ofKind<Deployment>(snapshot, 'Deployment'),
        ...ofKind<StatefulSet>(snapshot, 'StatefulSet'),
      ],
      pods: ofKind<Pod>(snapshot, 'Pod'),
      requests,
      usage,
    }),
    ...(snapshot.watching === undefined ? {} : { health: snapshot.watching.health }),
    releases: historyOf(releases),
    images,
    certificates,
    ...rest,
  };
}

import type { Project } from '../../project/project.ts';
import type { Leftover, Session } from '../cloud.ts';
import { stackName } from '../ownership.ts';
import { type Api, text } from './api.ts';
import { hasOurTags } from './resources/arm-resource.ts';
import { nodeGroupOf } from './resources/cluster.ts';
import { resourcesOf } from './stack.ts';
import { versions } from './versions.ts';

/** What bears our tags outside the stack's list, and what the cluster made in the group that is its own. */
export async function leftoversOf(
  { api }: Session<Api>,
  project: Project,
  signal: AbortSignal,
): Promise<readonly Leftover[]> {
  const root = `/subscriptions/${api.subscription}`;
  const filter = encodeURIComponent(`tagName eq 'ptp-project' and tagValue eq '${project.name}'`);
  const tagged = await api.list(`${root}/resources?$filter=${filter}`, versions.resources, signal);
  const known = new Set(resourcesOf(project).all.map(({ name }) => name));
  const strange = tagged
    .filter((each) => hasOurTags(each, project) && !known.has(text(each, 'name') ?? ''))
    .map((each) => ({ kind: text(each, 'type') ?? 'resource', name: text(each, 'name') ?? '?' }));
  const nodeGroup = `${root}/resourceGroups/${nodeGroupOf(project)}`;
  const group = await api.get(nodeGroup, versions.resources, signal);
  // Another cluster's group of that name: it says whose it is.
  if (group === undefined || !text(group, 'managedBy')?.includes(`/${stackName(project)}`)) return strange;
  const made = await api.list(`${nodeGroup}/resources`, versions.resources, signal);
  const kinds = /\/(publicIPAddresses|disks|loadBalancers)$/i;
  return [
    ...strange,
    ...made
      .filter((each) => kinds.test(text(each, 'type') ?? ''))
      .map((each) => ({ kind: text(each, 'type') ?? '', name: text(each, 'name') ?? '?', byCluster: true })),
  ];
}

import type { Project } from '../../project/project.ts';
import type { Leftover, Session } from '../cloud.ts';
import { stackName } from '../ownership.ts';
import { type Api, text } from './api.ts';
import { pathsOf } from './names.ts';
import { hasOurTags } from './resources/arm-resource.ts';
import { nodeGroupOf } from './resources/cluster.ts';
import { resourcesOf } from './stack.ts';
import { versions } from './versions.ts';

/** What bears our tags and is none of the stack's, and what a cluster that has gone left behind. */
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
  return [...strange, ...(await orphanedNodes(api, project, signal))];
}

/**
 * The group of a cluster's machines whose cluster has gone. As long as the cluster is there, what it makes (load
 * balancers, addresses, disks) is in that group and goes with it, so nothing of that has to go before.
 */
async function orphanedNodes(api: Api, project: Project, signal: AbortSignal): Promise<readonly Leftover[]> {
  const name = nodeGroupOf(project);
  const group = await api.get(
    `/subscriptions/${api.subscription}/resourceGroups/${name}`,
    versions.resources,
    signal,
  );
  const owner = text(group, 'managedBy');
  // Another cluster's group of that name says so.
  const cluster = `Microsoft.ContainerService/managedClusters/${stackName(project)}`;
  const own = pathsOf(project, api.subscription).provider(cluster);
  if (owner === undefined || owner.toLowerCase() !== own.toLowerCase()) return [];
  return (await api.get(owner, versions.cluster, signal)) === undefined
    ? [{ kind: 'resource group', name }]
    : [];
}

import { z } from 'zod';
import type { Problem } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import type { Session } from '../cloud.ts';
import type { Resource } from '../resource.ts';
import type { GoogleApi } from './api.ts';
import { GoogleError } from './error.ts';
import { permissions } from './permissions.ts';
import { targetOf } from './region.ts';
import { straysOf } from './strays.ts';

const quotas = z.object({
  quotas: z
    .array(
      z.object({ metric: z.string().optional(), limit: z.number().optional(), usage: z.number().optional() }),
    )
    .optional(),
});

/** What a stack takes of a project's quotas: everywhere, and in its region. Nodes come as pods ask: these are the first. */
const needed = {
  everywhere: { NETWORKS: ['network'], ROUTERS: ['nat'] },
  region: { CPUS: 4, IN_USE_ADDRESSES: 2, SSD_TOTAL_GB: 100 },
} as const;

/**
 * Quotas that are too small for what is still to be made, and permissions that the caller lacks, as the project tells
 * them (Resource Manager's testIamPermissions). Where a service is not enabled yet nothing is known of it.
 */
export async function obstaclesTo(
  { api, account, who }: Session<GoogleApi>,
  project: Project,
  wanted: readonly Resource<GoogleApi>[],
): Promise<readonly Problem[]> {
  const [lacking, small, strays] = await Promise.all([
    lackingIn(api),
    tooSmall(api, project, wanted),
    straysOf(api, project),
  ]);
  const problems: Problem[] = small.map((text) => ({
    what: `${account} has too small a quota: ${text}`,
    next: 'Have it raised in the console (IAM and admin, Quotas), or take another region.',
  }));
  for (const { kind, name, where } of strays)
    if (kind === 'GKE cluster')
      problems.push({
        what: `this target's cluster ${name} is in ${where}, and ptp.yaml names another region`,
        where: { key: `targets.${project.target.name}.region` },
        next: `Name ${where} again and run \`ptp down\` first, or give the target in the new region another name.`,
      });
  if (lacking.length === 0) return problems;
  return [
    {
      what: `${who} lacks ${lacking.length} permissions in ${account}`,
      next: 'Let whoever runs the project grant the role of docs/permissions/gcp.yaml.',
      details: lacking,
    },
    ...problems,
  ];
}

/** Permissions are asked for service by service: one that Google does not know by this name silences its service alone. */
async function lackingIn(api: GoogleApi): Promise<readonly string[]> {
  const groups = Map.groupBy(permissions, (each) => each.split('.')[0]);
  const lacking = await Promise.all([...groups.values()].map((group) => lackingOf(api, group)));
  return lacking.flat();
}

async function lackingOf(api: GoogleApi, group: readonly string[]): Promise<readonly string[]> {
  try {
    const answer = await api.find(
      {
        service: 'cloudresourcemanager',
        method: 'POST',
        path: 'v1/projects/{project}:testIamPermissions',
        body: { permissions: group },
      },
      z.object({ permissions: z.array(z.string()).optional() }),
    );
    if (answer === undefined) return [];
    const granted = new Set(answer.permissions);
    return group.filter((each) => !granted.has(each));
  } catch (error) {
    if (error instanceof GoogleError && error.status === 400) return [];
    throw error;
  }
}

async function tooSmall(
  api: GoogleApi,
  project: Project,
  wanted: readonly Resource<GoogleApi>[],
): Promise<readonly string[]> {
  const { region } = targetOf(project);
  const ids = new Set(wanted.map(({ id }) => id));
  const [everywhere, regional] = await Promise.all([
    api.find({ service: 'compute', path: 'projects/{project}' }, quotas),
    ids.has('cluster')
      ? api.find({ service: 'compute', path: `projects/{project}/regions/${region}` }, quotas)
      : undefined,
  ]);
  const counted = Object.entries(needed.everywhere).map(
    ([metric, resources]) => [metric, resources.filter((id) => ids.has(id)).length] as const,
  );
  return [
    ...counted.flatMap(([metric, count]) => shortOf(everywhere, metric, count, 'in the project')),
    ...Object.entries(needed.region).flatMap(([metric, count]) => shortOf(regional, metric, count, region)),
  ];
}

function shortOf(
  told: z.infer<typeof quotas> | undefined,
  metric: string,
  count: number,
  where: string,
): readonly string[] {
  const found = told?.quotas?.find((each) => each.metric === metric);
  if (found?.limit === undefined || found.usage === undefined || count === 0) return [];
  if (found.usage + count <= found.limit) return [];
  return [`${metric} ${where}: ${found.usage} of ${found.limit} are used, ${count} more are needed`];
}

import type { Problem } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import { ownTags, stackName } from '../ownership.ts';
import type { Resource } from '../resource.ts';
import type { Aws } from './api.ts';
import { failure } from './failure.ts';
import { needed } from './permissions.ts';

/**
 * Quotas that what is wanted would hit, and rights that the caller lacks, as far as AWS tells. Changes nothing; what
 * AWS does not let us ask is no obstacle.
 */
export async function obstacles(
  api: Aws,
  project: Project,
  wanted: readonly Resource<Aws>[],
): Promise<readonly Problem[]> {
  const all = await Promise.all([
    ifAllowed(() => networks(api, project, wanted)),
    ifAllowed(() => processors(api)),
    ifAllowed(() => rights(api, project)),
  ]);
  return all.flat();
}

/** Who may not ask finds out by the call itself. */
async function ifAllowed(ask: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  try {
    return await ask();
  } catch (error) {
    if (['credentials', 'limit'].includes(failure(error))) throw error;
    return [];
  }
}

/** A region has five VPCs unless more were asked for, one of them from the beginning. */
async function networks(
  api: Aws,
  project: Project,
  wanted: readonly Resource<Aws>[],
): Promise<readonly Problem[]> {
  if (!wanted.some(({ id }) => id === 'vpc')) return [];
  const limit = await quota(api, 'vpc', 'L-F678F1CE');
  const { Vpcs = [] } = await (await api.ec2()).describeVpcs({});
  const own = ownTags(project);
  const there = Vpcs.some(({ Tags = [] }) =>
    Object.entries(own).every(([key, value]) => Tags.some((tag) => tag.Key === key && tag.Value === value)),
  );
  return there || Vpcs.length < limit
    ? []
    : [
        {
          what: `all ${limit} VPCs that the account may have in ${api.region} are in use, and one more is needed`,
          next: 'Have the quota "VPCs per Region" raised (Service Quotas, L-F678F1CE), or delete one that nobody needs.',
        },
      ];
}

/** New accounts have a quota of nothing, or of one small machine. */
async function processors(api: Aws): Promise<readonly Problem[]> {
  const limit = await quota(api, 'ec2', 'L-1216C47A');
  return limit >= 4
    ? []
    : [
        {
          what: `the account may have ${limit} vCPUs in ${api.region}, and two nodes of two are needed while one is replaced`,
          next: 'Have the quota "Running On-Demand Standard instances" raised (Service Quotas, L-1216C47A).',
        },
      ];
}

async function quota(api: Aws, ServiceCode: string, QuotaCode: string): Promise<number> {
  const quotas = await api.quotas();
  const { Quota } = await quotas.getServiceQuota({ ServiceCode, QuotaCode });
  return Quota?.Value ?? Number.POSITIVE_INFINITY;
}

/** Asks IAM what would become of the calls. It knows the caller's policies, and not those of an organization. */
async function rights(api: Aws, project: Project): Promise<readonly Problem[]> {
  const iam = await api.iam();
  const tags = Object.entries(ownTags(project));
  const refused: string[] = [];
  for (const { actions, on } of needed) {
    const { EvaluationResults = [] } = await iam.simulatePrincipalPolicy({
      PolicySourceArn: api.principal,
      ActionNames: [...actions],
      ResourceArns: [...on(api, project)],
      ContextEntries: [
        ...tags.flatMap(([key, value]) =>
          ['aws:RequestTag', 'aws:ResourceTag'].map((kind) => ({
            ContextKeyName: `${kind}/${key}`,
            ContextKeyType: 'string' as const,
            ContextKeyValues: [value],
          })),
        ),
        {
          ContextKeyName: 'iam:PassedToService',
          ContextKeyType: 'string',
          ContextKeyValues: ['eks.amazonaws.com'],
        },
        {
          ContextKeyName: 'iam:PolicyARN',
          ContextKeyType: 'string',
          ContextKeyValues: [`arn:${api.partition}:iam::aws:policy/AmazonEKSClusterPolicy`],
        },
      ],
    });
    refused.push(
      ...EvaluationResults.flatMap(({ EvalActionName = '', EvalDecision }) =>
        EvalDecision === 'allowed' ? [] : [EvalActionName],
      ),
    );
  }
  return refused.length === 0
    ? []
    : [
        {
          what: `${api.principal} may not ${[...new Set(refused)].join(', ')}, as IAM simulates it for ${stackName(project)}`,
          next: 'Let whoever runs the account give these credentials the policy docs/permissions/aws.json.',
        },
      ];
}

import type { Project } from '../../../project/project.ts';
import { isOurs, stackName } from '../../ownership.ts';
import { sameDocument } from '../same-document.ts';
import { type AwsResource, recordOf, tagsOf } from './aws-resource.ts';

/** A repository of images. */
export interface Repository {
  /** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop-aws/gateway` */
  readonly uri: string;
  readonly arn: string;
}

/** Tags are for people and stay where they are, but for those of a working tree that nobody has committed, and the parts'. */
const mutability = {
  imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
  imageTagMutabilityExclusionFilters: [
    { filterType: 'WILDCARD', filter: '*-dirty' },
    { filterType: 'WILDCARD', filter: 'current' },
  ],
} as const;

/** What runs may be untagged and old, so images go by their number alone, signatures and lists of parts counted. */
const lifecycle = {
  rules: [
    {
      rulePriority: 1,
      description: 'the newest 500',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 500 },
      action: { type: 'expire' },
    },
  ],
};

/** The first word of all repositories of a target's. */
export function repositoryPrefix(project: Project): string {
  return stackName(project);
}

/** Where one image goes: ECR has no repositories that nobody made. */
export function repository(project: Project, image: string): AwsResource<Repository> {
  const name = `${repositoryPrefix(project)}/${image}`;
  return {
    id: `repository-${image}`,
    kind: 'ECR repository',
    name,
    needs: [],
    desired: {
      tags: 'immutable, but for *-dirty and current',
      scanOnPush: true,
      keeps: 'the newest 500 images',
    },
    deadline: 300,
    async find(api) {
      const ecr = await api.ecr();
      const { repositories = [] } = await ecr.describeRepositories({ repositoryNames: [name] });
      const found = repositories[0];
      if (found?.repositoryArn === undefined) return undefined;
      const { tags } = await ecr.listTagsForResource({ resourceArn: found.repositoryArn });
      const kept = await lifecycleOf(await api.ecr(), name);
      return {
        state: 'ready',
        ours: isOurs(recordOf(tags), project),
        value: { uri: found.repositoryUri ?? '', arn: found.repositoryArn },
        drift: [
          ...(found.imageTagMutability === mutability.imageTagMutability
            ? []
            : [
                {
                  path: '.imageTagMutability',
                  before: found.imageTagMutability,
                  after: mutability.imageTagMutability,
                },
              ]),
          ...(found.imageScanningConfiguration?.scanOnPush === true
            ? []
            : [{ path: '.scanOnPush', before: false, after: true }]),
          ...(sameDocument(kept, lifecycle)
            ? []
            : [{ path: '.lifecyclePolicy', before: kept, after: lifecycle }]),
        ],
      };
    },
    async create(api) {
      const ecr = await api.ecr();
      await ecr.createRepository({
        repositoryName: name,
        imageTagMutability: mutability.imageTagMutability,
        imageTagMutabilityExclusionFilters: [...mutability.imageTagMutabilityExclusionFilters],
        imageScanningConfiguration: { scanOnPush: true },
        tags: tagsOf(project, name),
      });
      await ecr.putLifecyclePolicy({ repositoryName: name, lifecyclePolicyText: JSON.stringify(lifecycle) });
    },
    async update(api, _seen, { drift }) {
      const ecr = await api.ecr();
      for (const { path } of drift)
        if (path === '.imageTagMutability')
          await ecr.putImageTagMutability({
            repositoryName: name,
            imageTagMutability: mutability.imageTagMutability,
            imageTagMutabilityExclusionFilters: [...mutability.imageTagMutabilityExclusionFilters],
          });
        else if (path === '.scanOnPush')
          await ecr.putImageScanningConfiguration({
            repositoryName: name,
            imageScanningConfiguration: { scanOnPush: true },
          });
        else
          await ecr.putLifecyclePolicy({
            repositoryName: name,
            lifecyclePolicyText: JSON.stringify(lifecycle),
          });
    },
    async delete(api) {
      await (await api.ecr()).deleteRepository({ repositoryName: name, force: true });
    },
  };
}

async function lifecycleOf(
  ecr: Awaited<ReturnType<import('../api.ts').Aws['ecr']>>,
  repositoryName: string,
): Promise<unknown> {
  try {
    const { lifecyclePolicyText } = await ecr.getLifecyclePolicy({ repositoryName });
    return lifecyclePolicyText === undefined ? undefined : JSON.parse(lifecyclePolicyText);
  } catch (error) {
    if (error instanceof Error && error.name === 'LifecyclePolicyNotFoundException') return undefined;
    throw error;
  }
}

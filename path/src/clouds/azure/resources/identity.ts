import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Api, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';

/** A managed identity: what has no key to lose. */
export interface Identity extends Known {
  /** Whom role assignments name. */
  readonly principal: string;
  /** What workloads name themselves by. */
  readonly client: string;
}

/** An identity of the project's: `shop-azure-cluster`. */
export function identityResource(
  project: Project,
  group: Resource<Api, Known>,
  use: 'cluster' | 'certificates',
): Resource<Api, Identity> {
  const name = `${stackName(project)}-${use}`;
  return armResource<Identity>({
    id: `identity-${use}`,
    kind: 'managed identity',
    name,
    needs: [group],
    desired: { location: project.target.cloud?.region ?? '' },
    deadline: 300,
    project,
    ownedBy: 'tags',
    version: versions.identity,
    path: (api) =>
      pathsOf(project, api.subscription).provider(`Microsoft.ManagedIdentity/userAssignedIdentities/${name}`),
    value: (answer, known) => ({
      ...known,
      principal: text(answer, 'properties', 'principalId') ?? '',
      client: text(answer, 'properties', 'clientId') ?? '',
    }),
  });
}

import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import { type Api, text } from '../api.ts';
import { globalName, pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';

/** A registry as ACR tells of it. */
export interface AcrRegistry extends Known {
  /** `shopazure1a2b3c4d.azurecr.io` */
  readonly host: string;
}

/** The name of the project's registry: letters and digits, at most 50, unique in all of Azure. */
export function registryName(project: Project): string {
  return globalName(project, [], 50, '');
}

/** An Azure Container Registry. Its administrator's password stays off: whoever pushes or pulls does so by a role. */
export function registryResource(project: Project, group: Resource<Api, Known>): Resource<Api, AcrRegistry> {
  const name = registryName(project);
  const wanted = {
    sku: { name: 'Basic' },
    properties: { adminUserEnabled: false, anonymousPullEnabled: false },
  };
  return armResource<AcrRegistry>({
    id: 'registry',
    kind: 'container registry',
    name,
    needs: [group],
    desired: { location: project.target.cloud?.region ?? '', ...wanted },
    usually: 20,
    deadline: 900,
    costs: [{ item: 'acr-basic', quantity: 1 }],
    project,
    ownedBy: 'tags',
    version: versions.registry,
    path: (api) =>
      pathsOf(project, api.subscription).provider(`Microsoft.ContainerRegistry/registries/${name}`),
    value: (answer, known) => ({ ...known, host: text(answer, 'properties', 'loginServer') ?? '' }),
    // A larger one than asked for is somebody's wish, and none of ours to take away.
    compared: { properties: wanted.properties },
    updateBy: { method: 'PATCH', body: { properties: wanted.properties } },
  });
}

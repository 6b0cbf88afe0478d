import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi, Request } from '../api.ts';
import { grantResource } from './binding.ts';
import { emailOf, type Role } from './identity.ts';
import { repositoryPath } from './registry.ts';

/** Policies with conditions are told whole only to whom asks for this version; written back without, they would be lost. */
export const policyVersion = '3';

/** The member that a service account of the stack is. */
export function memberOf(role: Role): string {
  return `serviceAccount:${emailOf(role.name)}`;
}

/** What nodes need to log, to be measured and nothing else: Google's own role for nodes, in the project. */
export function nodeRightsResource(nodes: Role): Resource<GoogleApi, undefined> {
  const on = { service: 'cloudresourcemanager', method: 'POST' } as const;
  const get: Request = {
    ...on,
    path: 'v1/projects/{project}:getIamPolicy',
    body: { options: { requestedPolicyVersion: Number(policyVersion) } },
  };
  return grantResource({
    id: 'node-rights',
    kind: 'rights of nodes in the project',
    needs: [nodes.account],
    role: 'roles/container.defaultNodeServiceAccount',
    member: memberOf(nodes),
    get,
    set: { ...on, path: 'v1/projects/{project}:setIamPolicy' },
  });
}

/** Nodes read images of this one repository. */
export function pullRightsResource(
  project: Project,
  nodes: Role,
  registry: Resource<GoogleApi>,
): Resource<GoogleApi, undefined> {
  const path = `v1/${repositoryPath(project)}`;
  return grantResource({
    id: 'pull-rights',
    kind: 'rights of nodes in the repository',
    needs: [nodes.account, registry],
    role: 'roles/artifactregistry.reader',
    member: memberOf(nodes),
    get: {
      service: 'artifactregistry',
      path: `${path}:getIamPolicy`,
      query: { 'options.requestedPolicyVersion': policyVersion },
    },
    set: { service: 'artifactregistry', path: `${path}:setIamPolicy` },
  });
}

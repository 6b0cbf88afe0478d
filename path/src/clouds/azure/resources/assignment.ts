import type { Project } from '../../../project/project.ts';
import type { Resource, Seen } from '../../resource.ts';
import { type Api, text } from '../api.ts';
import { guidOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';

/** Roles that Azure has built in, by the GUIDs that they have in every tenant. */
export const roles = {
  'Network Contributor': '4d97b98b-1d4f-4787-a291-c67834d212e7',
  AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
  'DNS Zone Contributor': 'befefa01-2a29-4197-83a8-272ff33ce314',
  'Azure Kubernetes Service RBAC Cluster Admin': 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b',
} as const;

/** Whom a role is given to. */
export interface Grantee {
  readonly needs: readonly Resource<Api>[];
  readonly text: string;
  of(api: Api, seen: Seen): { readonly id: string; readonly type: 'User' | 'ServicePrincipal' };
}

/** A role for somebody on one thing and nothing else. It is called by what it says, so it is never made twice. */
export function assignmentResource(
  project: Project,
  id: string,
  role: keyof typeof roles,
  scope: Resource<Api, Known>,
  grantee: Grantee,
): Resource<Api, Known> {
  const definition = (api: Api) =>
    `/subscriptions/${api.subscription}/providers/Microsoft.Authorization/roleDefinitions/${roles[role]}`;
  return armResource<Known>({
    id,
    kind: 'role assignment',
    name: `${role} for ${grantee.text}`,
    needs: [scope, ...grantee.needs],
    desired: { role, scope: `${scope.kind} ${scope.name}`, principal: grantee.text },
    // Seen everywhere within five minutes; what needs it may fail until then, and is tried again.
    deadline: 600,
    project,
    version: versions.authorization,
    path(api, seen) {
      const at = seen.of(scope).id;
      const name = guidOf([at, grantee.of(api, seen).id, roles[role]]);
      return `${at}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    },
    body(api, seen) {
      const { id: principalId, type: principalType } = grantee.of(api, seen);
      // The type tells the service not to look for the principal, which it may not have heard of yet.
      return { properties: { roleDefinitionId: definition(api), principalId, principalType } };
    },
    value: (answer, known) => ({ ...known, id: text(answer, 'id') ?? known.id }),
    ownedBy: 'name',
  });
}

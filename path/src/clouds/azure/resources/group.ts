import { UserMistake } from '../../../core/failure.ts';
import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Answer, type Api, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, hasOurTags, type Known } from './arm-resource.ts';

/** Services that a subscription has to be registered for: Azure asks that of every subscription once. */
export const services = [
  'Microsoft.ContainerService',
  'Microsoft.ContainerRegistry',
  'Microsoft.DBforPostgreSQL',
  'Microsoft.ManagedIdentity',
  'Microsoft.Network',
  'Microsoft.Compute',
  'Microsoft.PolicyInsights',
] as const;

/** The group that everything of a project's is in. It goes last, and only where nothing of others' is in it. */
export function groupResource(project: Project): Resource<Api, Known> {
  const name = stackName(project);
  const region = project.target.cloud?.region ?? '';
  const path = (api: Api) => pathsOf(project, api.subscription).group;
  const resource = armResource<Known>({
    id: 'group',
    kind: 'resource group',
    name,
    needs: [],
    desired: { location: region },
    deadline: 1800,
    project,
    ownedBy: 'tags',
    version: versions.resources,
    path,
    value: (_answer, known) => known,
    async beforeDelete(api, { signal }) {
      const members = await api.list(`${path(api)}/resources`, versions.resources, signal);
      const foreign = members.filter((member) => !hasOurTags(member, project)).map(nameOf);
      if (foreign.length === 0) return;
      throw new UserMistake({
        what: `the resource group ${name} holds what is not ptp's: ${foreign.join(', ')}`,
        next: 'Move or delete it yourself, then run the same command again: with the group it would be deleted too.',
      });
    },
  });
  return {
    ...resource,
    async create(api, seen) {
      // Before anything else: it goes on by itself for minutes, and every service refuses to work until then.
      for (const service of services) await register(api, service, seen.signal);
      await resource.create(api, seen);
    },
  };
}

async function register(api: Api, service: string, signal: AbortSignal): Promise<void> {
  const path = `/subscriptions/${api.subscription}/providers/${service}`;
  const found = await api.get(path, versions.resources, signal);
  if (/^Register(ed|ing)$/.test(text(found, 'registrationState') ?? '')) return;
  await api.send('POST', `${path}/register`, versions.resources, signal);
}

function nameOf(member: Answer): string {
  return `${text(member, 'type') ?? '?'} ${text(member, 'name') ?? '?'}`;
}

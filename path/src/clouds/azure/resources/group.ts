import { UserMistake } from '../../../core/failure.ts';
import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Answer, type Api, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, hasOurTags, type Known } from './arm-resource.ts';

/** The group that everything of a project's is in. It goes last, and only where nothing of others' is in it. */
export function groupResource(project: Project, services: Resource<Api>): Resource<Api, Known> {
  const name = stackName(project);
  const region = project.target.cloud?.region ?? '';
  const path = (api: Api) => pathsOf(project, api.subscription).group;
  return armResource<Known>({
    id: 'group',
    kind: 'resource group',
    name,
    needs: [services],
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
}

function nameOf(member: Answer): string {
  return `${text(member, 'type') ?? '?'} ${text(member, 'name') ?? '?'}`;
}

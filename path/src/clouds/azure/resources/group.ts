import { UserMistake } from '../../../core/failure.ts';
import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Answer, type Api, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, hasOurTags, type Known } from './arm-resource.ts';

/**
 * The group that everything of a project's is in. It goes last, and only where nothing else is in it: with it goes
 * whatever is in it, a database that an earlier ptp.yaml named as well.
 * @param known names of what is deleted before it; the service lists that for a while longer
 */
export function groupResource(
  project: Project,
  services: Resource<Api>,
  known: () => ReadonlySet<string>,
): Resource<Api, Known> {
  const name = stackName(project);
  const region = project.target.cloud?.region ?? '';
  const path = (api: Api) => pathsOf(project, api.subscription).group;
  const resource = armResource<Known & { readonly location: string }>({
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
    value: (answer, known) => ({ ...known, location: text(answer, 'location') ?? region }),
    async beforeDelete(api, { signal }) {
      const members = await api.list(`${path(api)}/resources`, versions.resources, signal);
      const names = known();
      const other = members.filter(
        (member) => !hasOurTags(member, project) || !names.has(text(member, 'name') ?? ''),
      );
      if (other.length === 0) return;
      throw new UserMistake({
        what: `the resource group ${name} holds what this ptp.yaml does not name: ${other.map(nameOf).join(', ')}`,
        next: 'Move or delete it yourself, then run the same command again: with the group it would be deleted too.',
      });
    },
  });
  return {
    ...resource,
    async find(api, seen) {
      const found = await resource.find(api, seen);
      if (found === undefined || !found.ours || found.value.location === region) return found;
      throw new UserMistake({
        what: `the resource group ${name} is in ${found.value.location}, and ptp.yaml names ${region}`,
        where: { key: `targets.${project.target.name}.region` },
        next: `Name ${found.value.location} again and run \`ptp down\` first, or give the target in the new region another name.`,
      });
    },
  };
}

function nameOf(member: Answer): string {
  return `${text(member, 'type') ?? '?'} ${text(member, 'name') ?? '?'}`;
}

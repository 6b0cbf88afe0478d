import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import type { Api } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';

/** The zone that names databases within the network. Its name has to end like this, and must be no server's. */
export function privateZoneResource(project: Project, group: Resource<Api, Known>): Resource<Api, Known> {
  const name = `${stackName(project)}.private.postgres.database.azure.com`;
  return armResource<Known>({
    id: 'private-zone',
    kind: 'private DNS zone',
    name,
    needs: [group],
    desired: { location: 'global' },
    usually: 30,
    deadline: 900,
    costs: [{ item: 'dns-zone', quantity: 1 }],
    project,
    ownedBy: 'tags',
    version: versions.privateDns,
    path: (api) => pathsOf(project, api.subscription).provider(`Microsoft.Network/privateDnsZones/${name}`),
    value: (_answer, known) => known,
  });
}

/** Lets the network ask that zone. */
export function privateZoneLinkResource(
  project: Project,
  zone: Resource<Api, Known>,
  network: Resource<Api, Known>,
): Resource<Api, Known> {
  const name = stackName(project);
  return armResource<Known>({
    id: 'private-zone-link',
    kind: 'link of a private DNS zone',
    name,
    needs: [zone, network],
    desired: { location: 'global', properties: { registrationEnabled: false } },
    usually: 30,
    deadline: 900,
    project,
    ownedBy: 'tags',
    version: versions.privateDns,
    path: (_api, seen) => `${seen.of(zone).id}/virtualNetworkLinks/${name}`,
    body: (_api, seen) => ({
      location: 'global',
      properties: { registrationEnabled: false, virtualNetwork: { id: seen.of(network).id } },
    }),
    value: (_answer, known) => known,
  });
}

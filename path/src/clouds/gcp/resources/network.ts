import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { isMarked, markOf, nameOf } from '../names.ts';
import { targetOf } from '../region.ts';
import { restResource } from '../rest.ts';

/** Addresses of nodes; those of pods and services are allocated by GKE beside them. */
export const nodeRange = '10.64.0.0/20';

const described = z.object({ description: z.string().optional(), state: z.string().optional() });

/** The path of the network, as other resources name it. */
export function networkPath(project: Project): string {
  return `projects/{project}/global/networks/${nameOf(project)}`;
}

/** The network, without the subnets that Google would make in every region (Compute v1, networks). */
export function networkResource(
  project: Project,
  services: Resource<GoogleApi>,
): Resource<GoogleApi, undefined> {
  const name = nameOf(project);
  const desired = {
    name,
    description: markOf(project),
    autoCreateSubnetworks: false,
    routingConfig: { routingMode: 'REGIONAL' },
  };
  return restResource({
    id: 'network',
    kind: 'VPC network',
    name,
    needs: [services],
    desired,
    usually: 20,
    deadline: 600,
    at: { service: 'compute', path: networkPath(project) },
    make: {
      service: 'compute',
      method: 'POST',
      path: 'projects/{project}/global/networks',
      body: desired,
    },
    operations: 'projects/{project}/global',
    answer: described,
    read: ({ description }) => ({ state: 'ready', ours: isMarked(description, project), value: undefined }),
  });
}

/** The region's subnet, from which Google's services are reached without public addresses (Compute v1, subnetworks). */
export function subnetResource(
  project: Project,
  network: Resource<GoogleApi>,
): Resource<GoogleApi, undefined> {
  const { region } = targetOf(project);
  const name = nameOf(project);
  const desired = {
    name,
    description: markOf(project),
    network: networkPath(project),
    ipCidrRange: nodeRange,
    privateIpGoogleAccess: true,
  };
  return restResource({
    id: 'subnet',
    kind: 'subnet',
    name,
    needs: [network],
    desired,
    usually: 20,
    deadline: 600,
    at: { service: 'compute', path: `projects/{project}/regions/${region}/subnetworks/${name}` },
    make: {
      service: 'compute',
      method: 'POST',
      path: `projects/{project}/regions/${region}/subnetworks`,
      body: desired,
    },
    operations: `projects/{project}/regions/${region}`,
    answer: described,
    read: ({ description, state }) => ({
      state: state === 'DRAINING' ? 'pending' : 'ready',
      ours: isMarked(description, project),
      value: undefined,
    }),
  });
}

import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { isMarked, markOf, nameOf } from '../names.ts';
import { targetOf } from '../region.ts';
import { restResource } from '../rest.ts';

const address = z.object({
  description: z.string().optional(),
  status: z.string().optional(),
  address: z.string().optional(),
});

/** Where the address is, below the service's endpoint. */
export function addressPath(project: Project): string {
  return `projects/{project}/regions/${targetOf(project).region}/addresses/${nameOf(project)}`;
}

/**
 * The gateway's public address (Compute v1, addresses). It stays the same when the load balancer is made anew, and tells
 * which load balancer is ours: Google's load balancers carry no mark of the cluster that asked for them.
 */
export function addressResource(
  project: Project,
  services: Resource<GoogleApi>,
): Resource<GoogleApi, undefined> {
  const name = nameOf(project);
  const regional = `projects/{project}/regions/${targetOf(project).region}`;
  const desired = {
    name,
    description: markOf(project),
    addressType: 'EXTERNAL',
    networkTier: 'PREMIUM',
  };
  return restResource({
    id: 'address',
    kind: 'public address',
    name,
    needs: [services],
    desired,
    deadline: 600,
    at: { service: 'compute', path: addressPath(project) },
    make: { service: 'compute', method: 'POST', path: `${regional}/addresses`, body: desired },
    operations: regional,
    answer: address,
    read: ({ description, status }) => ({
      state: status === 'RESERVING' ? 'pending' : 'ready',
      ours: isMarked(description, project),
      value: undefined,
    }),
  });
}

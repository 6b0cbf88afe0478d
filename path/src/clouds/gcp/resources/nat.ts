import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { isMarked, markOf, nameOf } from '../names.ts';
import { targetOf } from '../region.ts';
import { restResource } from '../rest.ts';
import { networkPath } from './network.ts';

const router = z.object({
  description: z.string().optional(),
  nats: z.array(z.looseObject({ name: z.string().optional() })).optional(),
});

/**
 * The way out for nodes and pods, which have no public addresses: a router with Cloud NAT (Compute v1, routers). It costs
 * a few dollars a month, and nothing reaches a node from outside.
 */
export function natResource(project: Project, network: Resource<GoogleApi>): Resource<GoogleApi, undefined> {
  const { region } = targetOf(project);
  const name = nameOf(project);
  const desired = {
    name,
    description: markOf(project),
    network: networkPath(project),
    nats: [
      {
        name: 'out',
        natIpAllocateOption: 'AUTO_ONLY',
        sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
      },
    ],
  };
  const path = `projects/{project}/regions/${region}/routers/${name}`;
  return restResource({
    id: 'nat',
    kind: 'router with NAT',
    name,
    needs: [network],
    desired,
    usually: 20,
    deadline: 600,
    costs: [
      { item: 'nat-gateway', quantity: 2 },
      { item: 'address', quantity: 1 },
    ],
    at: { service: 'compute', path },
    make: {
      service: 'compute',
      method: 'POST',
      path: `projects/{project}/regions/${region}/routers`,
      body: desired,
    },
    operations: `projects/{project}/regions/${region}`,
    answer: router,
    read: ({ description }) => ({ state: 'ready', ours: isMarked(description, project), value: undefined }),
    alterable: ['nats'],
    alter: () => ({ service: 'compute', method: 'PATCH', path, body: { nats: desired.nats } }),
  });
}

import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { GoogleError } from '../error.ts';
import { failureOf, wordsOf } from '../failure.ts';
import { isMarked, markOf, nameOf } from '../names.ts';
import { operation, operationPath } from '../operations.ts';
import { restResource } from '../rest.ts';
import { networkPath } from './network.ts';

/** The range of addresses that Google's own services have in our network. */
export interface Range {
  /** `10.31.0.0/20` */
  readonly cidr: string;
}

const address = z.object({
  description: z.string().optional(),
  status: z.string().optional(),
  address: z.string().optional(),
  prefixLength: z.number().optional(),
});

/** Addresses for services that Google runs beside the network: Google chooses which (Compute v1, globalAddresses). */
export function rangeResource(project: Project, network: Resource<GoogleApi>): Resource<GoogleApi, Range> {
  const name = nameOf(project, 'services');
  const desired = {
    name,
    description: markOf(project),
    addressType: 'INTERNAL',
    purpose: 'VPC_PEERING',
    prefixLength: 20,
    network: networkPath(project),
  };
  return restResource({
    id: 'service-range',
    kind: 'range of addresses',
    name,
    needs: [network],
    desired,
    deadline: 600,
    at: { service: 'compute', path: `projects/{project}/global/addresses/${name}` },
    make: {
      service: 'compute',
      method: 'POST',
      path: 'projects/{project}/global/addresses',
      body: desired,
    },
    operations: 'projects/{project}/global',
    answer: address,
    read: ({ description, status, address: first, prefixLength }) => ({
      state: status === 'RESERVING' ? 'pending' : 'ready',
      ours: isMarked(description, project),
      value: { cidr: `${first}/${prefixLength}` },
    }),
  });
}

const peeringName = 'servicenetworking-googleapis-com';
const network = z.object({
  description: z.string().optional(),
  peerings: z.array(z.object({ name: z.string().optional(), state: z.string().optional() })).optional(),
});
const service = 'services/servicenetworking.googleapis.com';

/**
 * Private service access: the peering by which databases have addresses in the network (Service Networking v1,
 * connections). It is looked for in the network itself, which tells of its peerings.
 */
export function peeringResource(
  project: Project,
  needs: { readonly network: Resource<GoogleApi>; readonly range: Resource<GoogleApi, Range> },
): Resource<GoogleApi, undefined> {
  const id = 'peering';
  const byNumber = `projects/{number}/global/networks/${nameOf(project)}`;
  const desired = { network: byNumber, reservedPeeringRanges: [needs.range.name] };
  const follow = async (api: GoogleApi, path: string, body: unknown) => {
    const begun = await api.ask({ service: 'servicenetworking', method: 'POST', path, body }, operation);
    api.operations.follow(id, 'servicenetworking', operationPath('servicenetworking', begun.name, ''));
  };
  return {
    id,
    kind: 'private service access',
    name: nameOf(project),
    needs: [needs.network, needs.range],
    desired,
    usually: 60,
    deadline: 900,
    async find(api) {
      const found = await api.find({ service: 'compute', path: networkPath(project) }, network);
      const peering = found?.peerings?.find(({ name }) => name === peeringName);
      const ours = found === undefined || isMarked(found.description, project);
      const about = { ours, value: undefined, drift: [] };
      if (peering !== undefined) return { ...about, state: peering.state === 'ACTIVE' ? 'ready' : 'pending' };
      const outcome = await api.operations.outcome(api, id);
      if (outcome instanceof GoogleError) return { ...about, state: 'failed', why: wordsOf(outcome) };
      return outcome === 'running' ? { ...about, state: 'pending' } : undefined;
    },
    create: (api) => follow(api, `v1/${service}/connections`, desired),
    /**
     * Databases that were deleted stay with Google for some days, and as long it does not let the connection go. Our own
     * end of it may be taken away all the same: then the network can go, and nothing of it bills.
     */
    async delete(api) {
      const outcome = await api.operations.outcome(api, id);
      if (outcome === 'running') return;
      const removeOurEnd = {
        service: 'compute',
        method: 'POST',
        path: `${networkPath(project)}/removePeering`,
        body: { name: peeringName },
      } as const;
      const stillUsed = (error: unknown) => failureOf(error) === 'in-use';
      if (outcome instanceof GoogleError) {
        if (!stillUsed(outcome)) throw outcome;
        await api.ask(removeOurEnd, z.unknown());
        return;
      }
      try {
        await follow(api, `v1/${service}/connections/${peeringName}`, { consumerNetwork: byNumber });
      } catch (error) {
        if (!stillUsed(error)) throw error;
        await api.ask(removeOurEnd, z.unknown());
      }
    },
  };
}

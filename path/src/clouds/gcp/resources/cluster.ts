import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Resource, ResourceState } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { nameOf } from '../names.ts';
import { targetOf } from '../region.ts';
import { restResource } from '../rest.ts';
import { emailOf, type Role } from './identity.ts';
import { networkPath } from './network.ts';

/** The cluster, as its API server is reached. */
export interface GkeCluster {
  /** `host` or `host:port` */
  readonly endpoint: string;
  /** PEM. */
  readonly authority: string;
  /** `1.36.2-gke.1234` */
  readonly version: string;
}

const cluster = z.object({
  status: z.string().optional(),
  endpoint: z.string().optional(),
  currentMasterVersion: z.string().optional(),
  resourceLabels: z.record(z.string(), z.string()).optional(),
  masterAuth: z.object({ clusterCaCertificate: z.string().optional() }).optional(),
  autopilot: z.object({ enabled: z.boolean().optional() }).optional(),
  statusMessage: z.string().optional(),
  conditions: z.array(z.object({ message: z.string().optional() })).optional(),
  releaseChannel: z.looseObject({}).optional(),
  controlPlaneEndpointsConfig: z
    .looseObject({
      ipEndpointsConfig: z
        .looseObject({
          authorizedNetworksConfig: z
            .looseObject({ enabled: z.boolean().optional(), cidrBlocks: z.array(z.unknown()).optional() })
            .optional(),
        })
        .optional(),
    })
    .optional(),
});

const states: Readonly<Record<string, ResourceState>> = {
  PROVISIONING: 'pending',
  RUNNING: 'ready',
  // Something about it is being changed; it works meanwhile, and what was asked for is not all there yet.
  RECONCILING: 'pending',
  STOPPING: 'deleting',
  ERROR: 'failed',
  // It works, though not all of it: what is wrong is told by what runs in it.
  DEGRADED: 'ready',
};

/** A cluster of GKE in Autopilot mode (Kubernetes Engine v1): nodes come and go by what pods ask for. */
export function clusterResource(
  project: Project,
  needs: {
    readonly subnet: Resource<GoogleApi>;
    readonly nat: Resource<GoogleApi>;
    /** It goes after the load balancers, which go with the cluster. */
    readonly address: Resource<GoogleApi>;
    readonly nodes: Role;
    readonly rights: readonly Resource<GoogleApi>[];
  },
): Resource<GoogleApi, GkeCluster> {
  const { region, access } = targetOf(project);
  const name = nameOf(project);
  const place = `projects/{project}/locations/${region}`;
  const authorizedNetworksConfig = {
    enabled: access.length > 0,
    ...(access.length === 0
      ? {}
      : { cidrBlocks: access.map((cidrBlock) => ({ displayName: 'ptp', cidrBlock })) }),
  };
  const desired = {
    name,
    resourceLabels: ownTags(project),
    autopilot: { enabled: true },
    releaseChannel: { channel: 'REGULAR' },
    network: networkPath(project),
    subnetwork: `projects/{project}/regions/${region}/subnetworks/${name}`,
    ipAllocationPolicy: { useIpAliases: true },
    networkConfig: {
      defaultEnablePrivateNodes: true,
      // The Gateway API's definitions come with Traefik, in the version that all targets have.
      gatewayApiConfig: { channel: 'CHANNEL_DISABLED' },
    },
    controlPlaneEndpointsConfig: {
      ipEndpointsConfig: { enabled: true, enablePublicEndpoint: true, authorizedNetworksConfig },
    },
    autoscaling: {
      autoprovisioningNodePoolDefaults: {
        serviceAccount: emailOf(needs.nodes.name),
        oauthScopes: ['https://www.googleapis.com/auth/cloud-platform'],
      },
    },
  };
  return restResource({
    id: 'cluster',
    kind: 'GKE cluster',
    name,
    needs: [needs.subnet, needs.nat, needs.address, needs.nodes.account, ...needs.rights],
    desired,
    usually: 420,
    deadline: 2400,
    costs: [{ item: 'gke-cluster', quantity: 1 }],
    at: { service: 'container', path: `v1/${place}/clusters/${name}` },
    make: {
      service: 'container',
      method: 'POST',
      path: `v1/${place}/clusters`,
      body: { cluster: desired },
    },
    operations: `v1/${place}`,
    answer: cluster,
    read(answer) {
      const { status = '', resourceLabels, endpoint = '', currentMasterVersion = '' } = answer;
      const why = answer.conditions?.[0]?.message ?? answer.statusMessage;
      const authority = Buffer.from(answer.masterAuth?.clusterCaCertificate ?? '', 'base64').toString('utf8');
      return {
        state: states[status] ?? 'pending',
        ours: isOurs(resourceLabels, project) && answer.autopilot?.enabled === true,
        value: { endpoint, authority, version: currentMasterVersion },
        ...(why === undefined || why === '' ? {} : { why }),
      };
    },
    alterable: ['controlPlaneEndpointsConfig', 'releaseChannel'],
    // Access that is open to all is told by leaving its limits out.
    reading: { omitted: 'usual' },
    // The service takes one change at a time: what is left differs still at the next look.
    alter: (_answer, drift) => ({
      service: 'container',
      method: 'PUT',
      path: `v1/${place}/clusters/${name}`,
      body: {
        update: drift.some(({ path }) => path.startsWith('.controlPlaneEndpointsConfig'))
          ? { desiredControlPlaneEndpointsConfig: desired.controlPlaneEndpointsConfig }
          : { desiredReleaseChannel: desired.releaseChannel },
      },
    }),
  });
}

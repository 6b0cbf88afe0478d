import type { ManagedDatabase } from '../../core/handover.ts';
import type { Project } from '../../project/project.ts';
import type { Cloud, ManagedCluster, Session } from '../cloud.ts';
import type { Seen } from '../resource.ts';
import { adminPassword } from './admin.ts';
import type { GoogleApi } from './api.ts';
import { problemsOf } from './check.ts';
import { enter, howToEnter } from './enter.ts';
import { failureOf, wordsOf } from './failure.ts';
import { filled } from './fill.ts';
import { leftoversOf } from './leftovers.ts';
import { nameOf } from './names.ts';
import { obstaclesTo } from './obstacles.ts';
import { prices } from './prices.ts';
import { targetOf } from './region.ts';
import { registryAccess } from './registry-access.ts';
import { solverOf } from './resources/certificates.ts';
import { emailOf } from './resources/identity.ts';
import { pointAt } from './resources/record.ts';
import { stackOf } from './stack.ts';

/** Google Cloud: GKE in Autopilot mode, Artifact Registry, Cloud SQL, Cloud DNS. Not verified on a real account. */
export const googleCloud: Cloud<GoogleApi> = {
  title: 'Google GKE (Autopilot)',
  howToEnter,
  // GKE's own gateway cuts connections when pods go and bills about as much; Traefik behaves as on every other target.
  gateway: 'traefik',
  prices,
  check: problemsOf,
  stack: stackOf,
  enter,
  failure: failureOf,
  words: wordsOf,
  obstacles: obstaclesTo,
  registry: ({ api }, project, seen) => registryAccess(api, seen.of(stackOf(project).parts.registry)),
  cluster: async (session, project, seen) => clusterOf(session, project, seen),
  point: ({ api }, project, seen, address) =>
    pointAt(api, project, seen.of(stackOf(project).parts.zone).name, address),
  nameServers: (seen, project) =>
    targetOf(project).zone === undefined ? (seen.find(stackOf(project).parts.zone)?.nameServers ?? []) : [],
  leftovers: ({ api }, project) => leftoversOf(api, project),
};

function clusterOf({ api }: Session<GoogleApi>, project: Project, seen: Seen): ManagedCluster {
  const { parts } = stackOf(project);
  const { acme } = targetOf(project);
  const { endpoint, authority, version } = seen.of(parts.cluster);
  const databases = [...parts.databases].map(
    ([service, { database }]): readonly [string, ManagedDatabase] => {
      const { name, dnsName, authority: ca } = seen.of(database);
      const host = dnsName.replace(/\.$/, '');
      const admin = { username: 'postgres', password: () => adminPassword(api, name) };
      const range = parts.range === undefined ? undefined : seen.find(parts.range)?.cidr;
      return [
        service,
        { host, port: 5432, admin, authority: ca, ...(range === undefined ? {} : { cidr: range }) },
      ];
    },
  );
  return {
    name: parts.cluster.name,
    version: `v${version}`,
    server: `https://${endpoint}`,
    authority,
    token: api.token,
    // A load balancer that hands connections on and lets them end when a pod goes, at the address that is ours.
    loadBalancer: {
      'cloud.google.com/l4-rbs': 'enabled',
      'networking.gke.io/load-balancer-ip-addresses': parts.address.name,
    },
    objects: [],
    storageClass: 'standard-rwo',
    databases: Object.fromEntries(databases),
    ...(acme === undefined
      ? {}
      : {
          acme: { ...acme, dns01: solverOf(api.project, seen.of(parts.zone)) },
          certificates: {
            'iam.gke.io/gcp-service-account': filled(emailOf(nameOf(project, 'dns', 30)), api),
          },
        }),
  };
}

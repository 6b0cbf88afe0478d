import type { Cloud } from '../cloud.ts';
import type { Api } from './api.ts';
import { checkAzure } from './check.ts';
import { pointDomain } from './dns.ts';
import { enterAzure, howToEnter } from './enter.ts';
import { failureOf, wordsOf } from './failure.ts';
import { leftoversOf } from './leftovers.ts';
import { managedCluster } from './managed-cluster.ts';
import { obstaclesOf } from './obstacles.ts';
import { prices } from './prices.ts';
import { accessTo } from './registry-access.ts';
import { resourcesOf, stackOf } from './stack.ts';

/** Azure: AKS Automatic, Container Registry, Database for PostgreSQL, DNS. Not verified on a real account. */
export const azure: Cloud<Api> = {
  title: 'Azure AKS',
  prices,
  howToEnter,
  gateway: 'traefik',
  check: checkAzure,
  stack: stackOf,
  enter: enterAzure,
  failure: failureOf,
  words: wordsOf,
  obstacles: ({ api }, project, wanted) => obstaclesOf(api, project, wanted, api.signal),
  registry: ({ api }, project, seen) =>
    accessTo(api, project, seen.of(resourcesOf(project).registry).host, seen.signal),
  cluster: ({ api }, project, seen) => managedCluster(api, project, seen),
  point: ({ api }, project, seen, address) =>
    pointDomain(api, project, seen.of(resourcesOf(project).names), seen, address),
  nameServers(seen, project) {
    if (project.target.cloud?.zone !== undefined) return [];
    return seen.find(resourcesOf(project).names)?.nameServers ?? [];
  },
  leftovers: (session, project) => leftoversOf(session, project, session.api.signal),
};

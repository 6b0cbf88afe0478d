import type { Project } from '../project.ts';

/** An empty project on a local cluster, for tests of what becomes of it; `given` stands above that. */
export function smallProject(given: Partial<Project> = {}): Project {
  return {
    name: 'shop',
    folder: '/nowhere',
    components: [],
    services: [],
    target: {
      name: 'local',
      cluster: 'local',
      domain: 'shop.localhost',
      namespace: 'shop',
      instance: 'shop',
      ports: { http: 80, https: 443 },
    },
    ...given,
  };
}

import type { Project, Target } from '../project.ts';

/**
 * An empty project on a local cluster, for tests of what becomes of it; `given` and `target` stand above that. Its
 * names all differ, so that one taken for another shows.
 */
export function smallProject(
  given: Partial<Omit<Project, 'target'>> = {},
  target: Partial<Target> = {},
): Project {
  return {
    name: 'shop',
    folder: '/nowhere',
    components: [],
    services: [],
    target: {
      name: 't',
      cluster: 'local',
      domain: 'shop.localhost',
      namespace: 'n',
      instance: 'i',
      ports: { http: 80, https: 443 },
      ...target,
    },
    ...given,
  };
}

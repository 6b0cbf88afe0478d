import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { nameOf } from '../names.ts';
import { targetOf } from '../region.ts';
import { restResource } from '../rest.ts';

/** What the repository is to others. */
export interface Repository {
  /** `europe-west1-docker.pkg.dev/my-project/shop-gcp` */
  readonly uri: string;
}

const repository = z.object({
  labels: z.record(z.string(), z.string()).optional(),
  registryUri: z.string().optional(),
  format: z.string().optional(),
});

/** The path of the repository, as other resources name it. */
export function repositoryPath(project: Project): string {
  const { region } = targetOf(project);
  return `projects/{project}/locations/${region}/repositories/${nameOf(project)}`;
}

/**
 * The repository of images (Artifact Registry v1). Its own scanning is off: it bills each image, and images are looked at
 * before they are published. Tags may move, as the rest of the path expects; what runs is named by digests.
 */
export function registryResource(
  project: Project,
  services: Resource<GoogleApi>,
): Resource<GoogleApi, Repository> {
  const { region } = targetOf(project);
  const name = nameOf(project);
  const path = `v1/${repositoryPath(project)}`;
  const desired = {
    format: 'DOCKER',
    mode: 'STANDARD_REPOSITORY',
    labels: ownTags(project),
    vulnerabilityScanningConfig: { enablementConfig: 'DISABLED' },
  };
  return restResource({
    id: 'registry',
    kind: 'Artifact Registry repository',
    name,
    needs: [services],
    desired,
    usually: 15,
    deadline: 600,
    costs: [{ item: 'registry-storage', quantity: 5 }],
    at: { service: 'artifactregistry', path },
    make: {
      service: 'artifactregistry',
      method: 'POST',
      path: `v1/projects/{project}/locations/${region}/repositories`,
      query: { repositoryId: name },
      body: desired,
    },
    operations: '',
    answer: repository,
    read: ({ labels, registryUri, format }) => ({
      state: 'ready',
      ours: isOurs(labels, project) && format === 'DOCKER',
      value: { uri: registryUri ?? '' },
    }),
  });
}

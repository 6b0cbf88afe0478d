import type { Project } from '../project/project.ts';

/** What a cloud's cluster is given beside the system: images by their names. */
export const partImages = ['traefik', 'cert-manager'] as const;

/** What the records of releases are called among the images. */
export const recordImages = 'ptp-releases';

/** The names of all images that a project's releases publish to a cloud's registry: some have to be told before. */
export function imageNames({
  components,
  services,
}: Pick<Project, 'components' | 'services'>): readonly string[] {
  const ofServices = services.flatMap(({ type, version, backup }) => [
    `${type}-${version}`,
    ...(backup === undefined ? [] : [`${type}-${version}-backup`]),
  ]);
  return [...new Set([...components.map(({ name }) => name), ...ofServices, ...partImages, recordImages])];
}

import type { Project } from '../project/project.ts';

/** What a cloud's cluster is given beside the system: images by their names. */
const partImages = ['traefik', 'cert-manager'];

/** The same, where certificates are asked of a public authority. */
const acmeImages = ['cert-manager-acme', 'acme-solver'];

/** The same, where it is watched over. */
const monitoringImages = ['prometheus', 'alertmanager', 'observer'];

/** What the records of releases are called among the images. */
const recordImages = 'ptp-releases';

/** The names of all images that a project's releases publish to a cloud's registry: some have to be told before. */
export function imageNames({
  components,
  services,
  target,
}: Pick<Project, 'components' | 'services' | 'target'>): readonly string[] {
  const ofServices = services.flatMap(({ type, version, backup }) => [
    `${type}-${version}`,
    ...(backup === undefined ? [] : [`${type}-${version}-backup`]),
  ]);
  const ofParts = [
    ...partImages,
    ...(target.cloud?.acme === undefined ? [] : acmeImages),
    ...(target.monitoring === 'cluster' ? monitoringImages : []),
  ];
  return [...new Set([...components.map(({ name }) => name), ...ofServices, ...ofParts, recordImages])];
}

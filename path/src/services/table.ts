import type { DebianImage } from '../core/image-spec.ts';
import type { Project, Service } from '../project/project.ts';
import { managedPostgres } from './managed-postgres/managed-postgres.ts';
import { postgres } from './postgres/postgres.ts';
import type { ServiceKind } from './service.ts';

/** Every kind of service there is, by its `type` in ptp.yaml. */
export const serviceKinds: Readonly<Record<Service['type'], ServiceKind>> = { postgres };

/** The same, where a cloud runs them. */
export const managedKinds: Readonly<Record<Service['type'], ServiceKind>> = { postgres: managedPostgres };

/** The images that a project's services run; to be built and published with those of the components. */
export function serviceImages(project: Project): readonly DebianImage[] {
  const images = project.services.flatMap((service) => {
    const { image, backupImage } = serviceKinds[service.type];
    const backup = service.backup === undefined ? undefined : backupImage?.(service);
    return [image(service), ...(backup === undefined ? [] : [backup])];
  });
  return [...new Map(images.map((image) => [image.name, image])).values()];
}

import { UserMistake } from '../../core/failure.ts';
import type { RegistryAccess } from '../../core/handover.ts';
import { readRegistryPlace } from '../../core/registry-place.ts';
import type { Project } from '../../project/project.ts';

/**
 * The registry that a target names: `registry.example.com/team`, or `http://host:port/team` for one without TLS. The
 * project's name is put below it. @throws UserMistake where it is none
 */
export function registryOf({ name, target }: Pick<Project, 'name' | 'target'>): RegistryAccess {
  const written = target.registry ?? '';
  const place = readRegistryPlace(written);
  if (place !== undefined) {
    return { ...place, prefix: [place.prefix, name].filter((word) => word !== '').join('/') };
  }
  throw new UserMistake({
    what: written === '' ? `target ${target.name} names no registry` : 'this is no registry',
    where: { key: `targets.${target.name}.registry` },
    next: 'Name one that the cluster can pull from, without a password: registry.example.com/team',
  });
}

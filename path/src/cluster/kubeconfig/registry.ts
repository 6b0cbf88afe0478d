import { UserMistake } from '../../core/failure.ts';
import type { RegistryAccess } from '../../core/handover.ts';
import type { Project } from '../../project/project.ts';

/**
 * The registry that a target names: `registry.example.com/team`, or `http://host:port/team` for one without TLS. The
 * project's name is put below it. @throws UserMistake where it is none
 */
export function registryOf({ name, target }: Pick<Project, 'name' | 'target'>): RegistryAccess {
  const written = target.registry ?? '';
  const [, scheme, rest = ''] = /^(https?:\/\/)?(.*)$/.exec(written) ?? [];
  const [host = '', ...folders] = rest.split('/').filter((word) => word !== '');
  // A name without a dot or a port would be taken for a part of the path.
  if (!/[.:]|^localhost$/.test(host) || !/^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/i.test(host)) {
    throw new UserMistake({
      what: written === '' ? `target ${target.name} names no registry` : 'this is no registry',
      where: { key: `targets.${target.name}.registry` },
      next: 'Name one that the cluster can pull from, without a password: registry.example.com/team',
    });
  }
  // Without a scheme the registry step decides: https, and http for this machine itself.
  return { url: `${scheme ?? ''}${host}`, name: host, prefix: [...folders, name].join('/') };
}

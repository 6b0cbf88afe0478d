import type { RegistryAccess } from '../core/handover.ts';
import { parseReference } from '../oci/reference.ts';
import type { Repository } from './requests.ts';

/** The repository of an image that this project pushes. Throws UserMistake for a name or tag no registry accepts. */
export function repositoryOf(
  registry: Pick<RegistryAccess, 'name' | 'prefix'>,
  image: string,
  tags: readonly string[] = [],
): Repository {
  const path = [registry.prefix, image].filter((part) => part !== '').join('/');
  const reference = `${registry.name}/${path}`;
  for (const text of [reference, ...tags.map((tag) => `${reference}:${tag}`)]) parseReference(text);
  return { name: path, reference, rights: 'pull,push' };
}

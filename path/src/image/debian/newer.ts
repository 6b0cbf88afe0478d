import { join } from 'node:path';
import { compareVersions } from '../../core/debian-version.ts';
import type { VersionChange } from '../../core/upgrade.ts';
import type { Context } from '../../effects/context.ts';
import { Store } from '../../oci/store.ts';
import type { DebianLock } from './lock.ts';
import type { PackageIndex } from './package-index.ts';
import { resolve } from './resolve.ts';

/** A choice of packages that would be another one today. */
export interface NewerChoice {
  readonly before: DebianLock;
  readonly after: DebianLock;
  readonly changes: readonly VersionChange[];
}

/**
 * Those of a project's choices of Debian packages that the mirror has something newer for. Asks the mirror; changes
 * nothing. Throws StepFailed where it cannot be asked.
 */
export async function newerChoices(
  context: Context,
  locks: readonly DebianLock[],
): Promise<readonly NewerChoice[]> {
  if (locks.length === 0) return [];
  const { Repository } = await import('./repository.ts');
  const repository = await Repository.open(context, new Store(context), join(context.cache, 'debian'));
  try {
    const indexes = new Map<string, Promise<PackageIndex>>();
    const found: NewerChoice[] = [];
    for (const before of locks) {
      const { suite, architecture } = before.request;
      const key = `${suite}/${architecture}`;
      const index = indexes.get(key) ?? repository.index(before.request);
      indexes.set(key, index);
      const after = resolve(before.request, await index);
      const changes = changesBetween(before, after);
      if (changes.length > 0) found.push({ before, after, changes });
    }
    return found;
  } finally {
    await repository.close();
  }
}

/** What differs between two choices for one request, by name. Pure. */
export function changesBetween(before: DebianLock, after: DebianLock): readonly VersionChange[] {
  const names = new Set([...before.resolved, ...after.resolved].map(({ name }) => name));
  return [...names].toSorted().flatMap((name): VersionChange[] => {
    const [old, now] = [before, after].map(({ resolved }) => resolved.find((one) => one.name === name));
    if (old === undefined && now === undefined) return [];
    if (now === undefined) return [{ name, from: old?.version ?? '', why: 'nothing needs it any more' }];
    if (old === undefined) return [{ name, to: now.version, why: 'something needs it now' }];
    // A mirror that is behind has an older one, which is no upgrade.
    if (compareVersions(now.version, old.version) <= 0) return [];
    const why = now.archive === 'security' ? 'security update' : 'point release';
    return [{ name, from: old.version, to: now.version, why }];
  });
}

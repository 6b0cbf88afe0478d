import { removeAbandoned } from '../effects/temporary.ts';

const tidied = new Set<string>();

/** Takes away what runs that were killed have left in the cache and in the project's folder; once a run. */
export async function tidy(cache: string, projectFolder: string): Promise<void> {
  if (tidied.has(cache)) return;
  tidied.add(cache);
  await removeAbandoned(projectFolder);
  // Not Go's own, nor what has as many names as there are blobs and modules.
  await removeAbandoned(cache, { depth: 3, except: ['go', 'sha256', 'node_modules', 'compile-cache'] });
}

import { join } from 'node:path';
import type { Digest } from '../core/handover.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';

// Enough for the bases and packages of many projects; what was seen longest ago is forgotten first.
const most = 500;

/**
 * In which repository of a registry a blob was seen last. A registry says that only of a repository that it is asked
 * about, and takes a blob from there at once where it would have to be sent otherwise.
 */
export interface KnownPlaces {
  /** The repository; a hint, since it may be gone by now. */
  of(digest: Digest): Promise<string | undefined>;
  note(digest: Digest, repository: string): void;
  /** Keeps what was noted for the next run. */
  save(): Promise<void>;
}

/**
 * What was seen of a registry from this machine. Read when it is first asked for.
 * @param cache the folder of what can be made again
 * @param host the registry's host, with its port
 */
export function knownPlaces(cache: string, host: string): KnownPlaces {
  const file = join(cache, 'registries', encodeURIComponent(host) + sealedEnding);
  const noted = new Map<Digest, string>();
  let reading: Promise<ReadonlyMap<Digest, string>> | undefined;
  const before = () => {
    // A hint that is lost costs no more than an upload.
    reading ??= readSealed(file, () => {}).then((value) => new Map((value ?? []) as [Digest, string][]));
    return reading;
  };
  return {
    async of(digest) {
      return noted.get(digest) ?? (await before()).get(digest);
    },
    note(digest, repository) {
      noted.set(digest, repository);
    },
    async save() {
      const old = await before();
      if ([...noted].every(([digest, repository]) => old.get(digest) === repository)) return;
      const kept = [...old].filter(([digest]) => !noted.has(digest));
      await writeSealed(file, [...kept, ...noted].slice(-most));
    },
  };
}

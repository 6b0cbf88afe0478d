import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { compareVersions } from '../../core/debian-version.ts';
import type { Digest } from '../../core/handover.ts';
import { limits } from '../../core/limits.ts';
import type { PendingUpdate } from '../../core/package.ts';
import type { Context } from '../../effects/context.ts';
import { temporaryName } from '../../effects/temporary.ts';
import { readSealed, sealedEnding, writeSealed } from '../../oci/sealed.ts';
import { Store } from '../../oci/store.ts';
import type { DebianLock } from './lock.ts';
import { keyOf } from './plan.ts';

const memory = z.array(z.object({ name: z.string(), version: z.string(), newer: z.string() }));

/**
 * Locked packages that Debian's security updates have a newer version of, as far as this machine knows: by the index
 * that was last fetched, since nothing is fetched for it. Sorted by name; empty where no index is here.
 */
export async function pendingUpdates(
  context: Context,
  locks: readonly DebianLock[],
): Promise<readonly PendingUpdate[]> {
  const folder = join(context.cache, 'debian', 'releases');
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0 || locks.length === 0) return [];
  const releases = await Promise.all(
    names
      .filter((name) => name.endsWith(sealedEnding))
      // Damage is told, and mended, by whoever chooses packages.
      .map((name) => readSealed(join(folder, name), () => {})),
  );
  const indexes = releases.flatMap((text) => (typeof text === 'string' ? (securityIndex(text) ?? []) : []));
  const found = await Promise.all(
    indexes.map((index) =>
      pendingIn(
        context,
        index,
        locks.filter(
          ({ request }) =>
            request.architecture === index.architecture && `${request.suite}-security` === index.suite,
        ),
      ),
    ),
  );
  const all = new Map(found.flat().map((one) => [`${one.name} ${one.version}`, one]));
  return [...all.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** The index of a suite for an architecture, as a release names it. */
interface NamedIndex {
  readonly suite: string;
  readonly architecture: string;
  readonly file: string;
  readonly digest: Digest;
  readonly size: number;
}

/** The index that a release of security updates names. The text was verified before it was kept. Pure. */
function securityIndex(release: string): NamedIndex | undefined {
  const suite = /^(?:Codename|Suite): (?<suite>[a-z]+-security)\s*$/mu.exec(release)?.groups?.suite;
  const form =
    /^ (?<sha256>[0-9a-f]{64}) +(?<size>\d{1,12}) +(?<file>main\/binary-(?<architecture>[a-z0-9]+)\/Packages\.(?:xz|gz))\s*$/gmu;
  const best = [...release.matchAll(form)].toSorted((one, other) =>
    (one.groups?.file ?? '') < (other.groups?.file ?? '') ? 1 : -1,
  )[0]?.groups;
  if (suite === undefined || best === undefined) return undefined;
  const { sha256 = '', size = '', file = '', architecture = '' } = best;
  return { suite, architecture, file, digest: `sha256:${sha256}`, size: Number(size) };
}

async function pendingIn(
  context: Context,
  index: NamedIndex,
  locks: readonly DebianLock[],
): Promise<readonly PendingUpdate[]> {
  const locked = locks.flatMap(({ resolved }) => resolved);
  if (locked.length === 0) return [];
  const versions = locked.map(({ name, version }) => [name, version]);
  const file = join(context.cache, 'debian', 'pending', keyOf([index.digest, versions]) + sealedEnding);
  const known = memory.safeParse(await readSealed(file, () => {}));
  if (known.success) return known.data;
  const store = new Store(context);
  const blob = await store.verified({ mediaType: '', digest: index.digest, size: index.size });
  if (blob === undefined) return [];
  const [{ decompress }, { readIndex }] = await Promise.all([
    import('./decompress.ts'),
    import('./package-index.ts'),
  ]);
  const scratch = join(context.cache, 'debian', temporaryName('scratch'));
  try {
    await mkdir(scratch, { recursive: true });
    const limit = limits.mirror.index.most;
    const path = await decompress(context, { path: blob.path, name: index.file, limit }, scratch);
    const text = await readFile(path, 'latin1');
    const packages = readIndex([{ archive: 'security', text }], index.architecture);
    const pending = locked.flatMap(({ name, version }): PendingUpdate[] => {
      const newer = packages.versions(name)[0]?.version;
      return newer !== undefined && compareVersions(newer, version) > 0 ? [{ name, version, newer }] : [];
    });
    await writeSealed(file, pending);
    return pending;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

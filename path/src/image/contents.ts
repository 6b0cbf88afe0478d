import { join } from 'node:path';
import { z } from 'zod';
import type { BuiltImage } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import type { ImageContents, Package, PendingUpdate } from '../core/package.ts';
import type { Context } from '../effects/context.ts';
import { tellDamage } from '../oci/damage.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { DebianLock, LockedPackage } from './debian/lock.ts';
import { pendingUpdates } from './debian/pending.ts';
import { keyOf } from './layer-cache.ts';
import { readLockFile } from './lock-file.ts';
import { debianPackage, goPackages, npmPackage } from './package-names.ts';
import { type BuildRecord, readRecord } from './record.ts';
import { packageName } from './workspace/package-name.ts';

/** Raise it when the same record shall give other packages. */
const edition = 1;

const kept = z.array(
  z.object({
    ecosystem: z.enum(['debian', 'npm', 'golang']),
    name: z.string(),
    version: z.string(),
    source: z.string().optional(),
    architecture: z.string().optional(),
    release: z.string().optional(),
    purl: z.string(),
  }),
);

/** Where the images were built. */
export interface ContentsOptions {
  readonly projectFolder: string;
  /** The absolute path of the project's lock. */
  readonly lockFile: string;
}

/** What is known of images, and of Debian's updates for what is locked. */
export interface Contents {
  readonly images: readonly ImageContents[];
  readonly pending: readonly PendingUpdate[];
}

/**
 * What images that were just built hold: their packages (Debian's, by the lock; those of npm that an application needs
 * to run, and for a page those that are no development dependencies; modules of Go with Go itself) and the sources
 * they were made of. What a base from a registry holds is not known. Reads what the build has noted, and lockfiles only
 * where that is new.
 */
export async function contentsOf(
  context: Context,
  images: readonly BuiltImage[],
  specs: readonly ImageSpec[],
  { projectFolder, lockFile }: ContentsOptions,
): Promise<Contents> {
  const locks = await readLockFile(lockFile);
  const pending = pendingUpdates(context, locks);
  const described = Promise.all(
    images.map(async ({ name, manifest }): Promise<ImageContents> => {
      const spec = specs.find((one) => one.name === name);
      const record = await readRecord(context, projectFolder, name);
      const { digest } = manifest.descriptor;
      if (spec === undefined || record === undefined) return { image: name, digest, packages: [] };
      return {
        image: name,
        digest,
        packages: await packagesOf(context, spec, record, locks),
        ...('source' in spec ? { sources: { folder: spec.source, files: record.source } } : {}),
      };
    }),
  );
  const [all, updates] = await Promise.all([described, pending]);
  return { images: all, pending: updates };
}

async function packagesOf(
  context: Context,
  spec: ImageSpec,
  record: BuildRecord,
  locks: readonly DebianLock[],
): Promise<readonly Package[]> {
  const file = join(context.cache, 'contents', keyOf([edition, spec, record]) + sealedEnding);
  const damaged = () => tellDamage(context.emit, "the list of an image's packages", file);
  const known = kept.safeParse(await readSealed(file, damaged));
  if (known.success) return known.data as readonly Package[];
  const packages = [...debianPackages(record, locks), ...(await ownPackages(spec, record))];
  await writeSealed(file, packages);
  return packages;
}

function debianPackages(record: BuildRecord, locks: readonly DebianLock[]): readonly Package[] {
  const locked = new Map<string, { readonly found: LockedPackage; readonly suite: string }>();
  for (const { request, resolved } of locks) {
    for (const found of resolved)
      locked.set(`${found.name} ${found.version}`, { found, suite: request.suite });
  }
  const named = { ...record.base, ...record.dependencies };
  return Object.entries(named).flatMap(([name, version]) => {
    const at = locked.get(`${name} ${version}`);
    return at === undefined ? [] : [debianPackage(at.found, at.suite)];
  });
}

async function ownPackages(spec: ImageSpec, record: BuildRecord): Promise<readonly Package[]> {
  if (spec.builder === 'go') return goPackages(record.dependencies);
  if (spec.builder !== 'node' && spec.builder !== 'static') return [];
  const [{ findWorkspace }, { closureOf }] = await Promise.all([
    import('./workspace/find-workspace.ts'),
    import('./workspace/closure.ts'),
  ]);
  const workspace = await findWorkspace(spec.source);
  const { packages } = closureOf(workspace.lockfile, [workspace.path]);
  const all = [...packages].flatMap(([path, { name, version }]) =>
    // Aliases have another name in node_modules than in the registry.
    version === undefined ? [] : [npmPackage(name ?? packageName(path), version)],
  );
  return [...new Map(all.map((one) => [one.purl, one])).values()];
}

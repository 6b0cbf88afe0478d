import { z } from 'zod';
import { limits } from '../../core/limits.ts';

/** Paths of packages below an archive's address: nothing that leads out of it. */
export const packagePath = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[\w./+~:%-]+$/u;

const lockedPackage = z.object({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  archive: z.enum(['main', 'security']),
  path: z.string().regex(packagePath),
  size: z.number().int().positive().max(limits.mirror.package.most),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
  depends: z.array(z.string()).readonly(),
});

const request = z.object({
  packages: z.array(z.string()).readonly(),
  without: z.array(z.string()).readonly(),
  closed: z.boolean(),
  suite: z.string(),
  architecture: z.string(),
});

/** The form of a lock as it is kept in a file. */
export const lockSchema = z.object({
  version: z.literal(1),
  request,
  resolved: z.array(lockedPackage).readonly(),
});

/** What was asked for, in one form: names sorted, each once. A lock answers this and nothing else. */
export type LockRequest = Readonly<z.infer<typeof request>>;

/** One package as it was chosen; `depends` names the chosen packages that it needs, `path` is below the archive. */
export type LockedPackage = Readonly<z.infer<typeof lockedPackage>>;

/** The packages that were chosen for a request, so that the same ones are taken tomorrow. */
export interface DebianLock {
  readonly version: 1;
  readonly request: LockRequest;
  /** Sorted by name. */
  readonly resolved: readonly LockedPackage[];
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserMistake } from '../../core/failure.ts';

const specs = z.record(z.string(), z.string()).optional();
const names = z.array(z.string()).optional();
const lockedPackage = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  optional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  os: names,
  cpu: names,
  libc: names,
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  dependencies: specs,
  devDependencies: specs,
  optionalDependencies: specs,
  peerDependencies: specs,
  peerDependenciesMeta: z.record(z.string(), z.looseObject({ optional: z.boolean().optional() })).optional(),
});
const lockfile = z.object({
  lockfileVersion: z.union([z.literal(2), z.literal(3)]),
  packages: z.record(z.string(), lockedPackage),
});

/** A package, a workspace or a link to one, as package-lock.json describes it. */
export type LockedPackage = Readonly<z.infer<typeof lockedPackage>>;

/** package-lock.json (lockfileVersion 2 or 3): packages by where they are, from the lockfile's folder. */
export interface Lockfile {
  /** The absolute path of the file. */
  readonly file: string;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** Reads a folder's package-lock.json. Throws UserMistake where it is missing, older than npm 7, or no lockfile. */
export async function readLockfile(folder: string): Promise<Lockfile> {
  const file = join(folder, 'package-lock.json');
  const next = 'Run `npm install` with npm 7 or later and commit package-lock.json.';
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new UserMistake({
      what: 'there is no package-lock.json, so dependencies are not pinned',
      where: { file },
      next,
    });
  });
  let parsed: ReturnType<typeof lockfile.safeParse>;
  try {
    parsed = lockfile.safeParse(JSON.parse(text));
  } catch (error) {
    throw new UserMistake({ what: `it is no JSON: ${(error as Error).message}`, where: { file }, next });
  }
  if (parsed.success) return { file, packages: parsed.data.packages };
  const [issue] = parsed.error.issues;
  throw new UserMistake({
    what: `it is no lockfile that can be used: ${issue?.path.join('.')}: ${issue?.message}`,
    where: { file },
    next,
  });
}

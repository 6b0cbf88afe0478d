import { join } from 'node:path';
import { z } from 'zod';
import { UserMistake } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { digestHex, digestOf } from '../../oci/digest.ts';
import { readJsonFile } from './json-file.ts';

const specs = z.record(z.string(), z.string()).optional();
const names = z.array(z.string()).optional();
const lockedPackage = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.unknown().optional(),
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
  /** The sha256 of the file in hexadecimal; absent where there is no file. */
  readonly sha256?: string;
}

/** Reads a folder's package-lock.json. Throws UserMistake where it is missing, older than npm 7, or no lockfile. */
export async function readLockfile(folder: string): Promise<Lockfile> {
  const file = join(folder, 'package-lock.json');
  const next = 'Run `npm install` with npm 7 or later and commit package-lock.json.';
  let sha256 = '';
  const seen = (bytes: Uint8Array) => {
    sha256 = digestHex(digestOf(bytes));
  };
  const form = { schema: lockfile, bytes: limits.node.lockfile, noun: 'package-lock.json', next, seen };
  const found = await readJsonFile(file, form);
  if (found === undefined) {
    const what = 'there is no package-lock.json, so dependencies are not pinned';
    throw new UserMistake({ what, where: { file }, next });
  }
  // Without a prototype: a package may be called `constructor`.
  return { file, packages: Object.assign(Object.create(null), found.packages), sha256 };
}

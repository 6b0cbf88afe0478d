import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfStream } from '../../../oci/digest.ts';
import { identityOf } from '../../../oci/file-identity.ts';
import { readSealed, sealedEnding, writeSealed } from '../../../oci/sealed.ts';

/** Which programs a component's folder must have in `bin`. */
export interface Expected {
  readonly programs: readonly string[];
}

type Digests = Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;

/** When files were last hashed: at which start of the machine, and what they looked like then. */
interface Look {
  readonly boot: string;
  readonly identities: Readonly<Record<string, string>>;
}

const digestsName = 'DIGESTS.json';
const lookName = `hashed${sealedEnding}`;

/** Writes the digests of all files of a folder into it, when the files are safe on the disk. */
export async function keepDigests(folder: string): Promise<void> {
  const digests: Record<string, Digests[string]> = {};
  for (const path of await filesBelow(folder)) {
    const { digest, size } = await digestOfStream(createReadStream(join(folder, path)));
    digests[path] = { size, sha256: digest.slice('sha256:'.length) };
    const file = await open(join(folder, path));
    try {
      // Minutes of work: a power cut shall not leave names without content.
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await writeFile(join(folder, digestsName), JSON.stringify(digests));
}

/**
 * Whether a folder is what `keepDigests` has seen. Files are hashed once after each start of the machine, and when
 * they do not look as they did then; otherwise their sizes, times and inodes are compared, which is quick.
 */
export async function stateOf(
  folder: string,
  { programs }: Expected,
): Promise<'whole' | 'absent' | 'damaged'> {
  const text = await readFile(join(folder, digestsName), 'utf8').catch(() => undefined);
  if (text === undefined) return 'absent';
  const digests = parsed(text);
  if (digests === undefined) return 'damaged';
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const looked = (await readSealed(join(folder, lookName), () => {})) as Look | undefined;
  const identities: Record<string, string> = {};
  for (const [path, { sha256 }] of Object.entries(digests)) {
    const found = await stat(join(folder, path), { bigint: true }).catch(() => undefined);
    if (found === undefined) return 'damaged';
    const identity = identityOf(found);
    identities[path] = identity;
    if (looked?.boot === boot && looked.identities[path] === identity) continue;
    const actual = await digestOfStream(createReadStream(join(folder, path))).catch(() => undefined);
    if (actual?.digest !== `sha256:${sha256}`) return 'damaged';
  }
  for (const program of programs) {
    const found = await stat(join(folder, 'bin', program)).catch(() => undefined);
    if (found === undefined || (found.mode & 0o100) === 0) return 'damaged';
  }
  const look: Look = { boot, identities };
  if (JSON.stringify(look) !== JSON.stringify(looked)) await writeSealed(join(folder, lookName), look);
  return 'whole';
}

function parsed(text: string): Digests | undefined {
  try {
    const digests: unknown = JSON.parse(text);
    const entries = typeof digests === 'object' && digests !== null ? Object.values(digests) : [];
    const whole = entries.every((one) => typeof one?.sha256 === 'string');
    return whole && entries.length > 0 ? (digests as Digests) : undefined;
  } catch {
    return undefined;
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

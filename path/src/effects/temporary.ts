import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnded, type Maker, thisMaker } from '../core/maker.ts';

const day = 24 * 60 * 60 * 1000;
const form = /~(?<pid>\d+)-(?<born>\d*)-(?<place>[a-z0-9]+)~[0-9a-f-]{36}$/;

/**
 * A name for something that gets another one, or goes, when it is done. It says which process makes it, so that the
 * next one knows what was left by one that was killed.
 */
export function temporaryName(name: string): string {
  const { pid, born, place } = thisMaker();
  return `${name}~${pid}-${born}-${place}~${randomUUID()}`;
}

/** Who made what has this name, or path; undefined where the name does not say. */
export function makerOf(name: string): Maker | undefined {
  const { pid, born = '', place = '' } = form.exec(name)?.groups ?? {};
  return pid === undefined ? undefined : { pid: Number(pid), born, place };
}

/**
 * Removes what processes that were killed have left in a folder and, `depth` levels deep, in folders below it, without
 * those called in `except`. What was made on another machine, or in a container, is removed when it was not touched
 * for a day before something last came into its folder or left it: no clock but the file system's own is asked.
 */
export async function removeAbandoned(
  folder: string,
  { depth = 0, except = [] }: { readonly depth?: number; readonly except?: readonly string[] } = {},
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      const maker = makerOf(entry.name);
      if (maker !== undefined) {
        if (hasEnded(maker) ?? (await isOld(folder, path))) await rm(path, { recursive: true, force: true });
      } else if (depth > 0 && entry.isDirectory() && !except.includes(entry.name)) {
        await removeAbandoned(path, { depth: depth - 1, except });
      }
    }),
  );
}

async function isOld(folder: string, path: string): Promise<boolean> {
  const [above, left] = await Promise.all([folder, path].map((one) => stat(one).catch(() => undefined)));
  return above !== undefined && left !== undefined && above.mtimeMs - left.mtimeMs > day;
}

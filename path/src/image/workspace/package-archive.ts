import { posix } from 'node:path';
import { tarEntries } from '../tar/entries.ts';

/** A file of a package, as npm installs it. */
export interface PackageFile {
  /** Below the package's folder. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Uint8Array;
}

/**
 * The files that npm makes of a package's archive (uncompressed), by the same rules: what is above the first slash goes,
 * links are left out, `.gitignore` becomes `.npmignore` where there is none, programs are executable. Undefined for
 * anything out of the ordinary, about which npm is to be asked. Pure.
 * @param programs the files that the package's `bin` names
 */
export async function packageFiles(
  archive: Uint8Array,
  programs: ReadonlySet<string>,
): Promise<readonly PackageFile[] | undefined> {
  const files = new Map<string, PackageFile>();
  const at = async (offset: number, length: number) => archive.subarray(offset, offset + length);
  try {
    for await (const { name, kind, mode, offset, size } of tarEntries(at, archive.byteLength)) {
      if (kind !== 'file') continue;
      const path = name.slice(name.indexOf('/') + 1);
      if (!name.includes('/') || !isPlain(path)) return undefined;
      if (isGitIgnore(path) && files.has(npmIgnore(path))) continue;
      const installed = isGitIgnore(path) ? npmIgnore(path) : path;
      const executable = (mode & 0o100) !== 0 || programs.has(installed);
      const bytes = Buffer.from(archive.buffer, archive.byteOffset + offset, size);
      const content = withoutCarriageReturn(bytes, programs.has(installed));
      files.set(installed, { path: installed, executable, content });
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined; // damaged, or of a kind that npm may know
  }
  const folders = new Set([...files.keys()].flatMap(foldersAbove));
  return ![...files.keys()].some((path) => folders.has(path)) ? [...files.values()] : undefined;
}

function isPlain(path: string): boolean {
  if (path === '' || posix.normalize(path) !== path || posix.isAbsolute(path)) return false;
  return !/[\\\n\0\uFFFD]|(^|\/)(\.\.?|\.wh\.[^/]*)(\/|$)|\/$/.test(path);
}

function isGitIgnore(path: string): boolean {
  return posix.basename(path) === '.gitignore';
}

function npmIgnore(path: string): string {
  return path.replace(/\.gitignore$/, '.npmignore');
}

/** npm mends the first line of programs that were written on Windows: the kernel would look for `node\r`. */
function withoutCarriageReturn(content: Buffer, program: boolean): Buffer {
  if (!program || content[0] !== 0x23 || content[1] !== 0x21) return content;
  const end = content.indexOf('\n');
  if (end < 0 || end >= 2048 || content[end - 1] !== 0x0d) return content;
  return Buffer.concat([content.subarray(0, end - 1), content.subarray(end)]);
}

function foldersAbove(path: string): readonly string[] {
  const above: string[] = [];
  for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) above.push(at);
  return above;
}

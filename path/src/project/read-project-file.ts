import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { UserMistake } from '../core/failure.ts';
import { limits } from '../core/limits.ts';

/** The text of ptp.yaml; `shownAs` is what problems call it. Throws UserMistake where it is not there or no such file. */
export async function readProjectFile(file: string, shownAs: string): Promise<string> {
  const bytes = await readBytes(file, shownAs);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UserMistake({
      what: 'the file is no text in UTF-8',
      where: { file: shownAs, line: lineOfDamage(bytes) },
      next: 'Save it as UTF-8.',
    });
  }
}

/** The first line, from 1, that is no UTF-8. */
function lineOfDamage(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

async function readBytes(file: string, shownAs: string): Promise<Buffer> {
  try {
    const { most } = limits.project.bytes;
    const found = await stat(file);
    if (found.size > most) {
      const what = `${file} has ${found.size} bytes, and no ptp.yaml has more than ${most}`;
      throw new UserMistake({
        what,
        where: { file: shownAs, line: 1 },
        next: 'Name another file with --file.',
      });
    }
    // A pipe or a device may have no end.
    if (!found.isFile() && !found.isDirectory()) {
      throw new UserMistake({ what: `${file} is no file`, next: 'Name a file with --file.' });
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof UserMistake) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const next = 'Write one with `ptp init`, or say where it is with --file.';
      throw new UserMistake({ what: `there is no file ${file}`, next });
    }
    if (code === 'EISDIR')
      throw new UserMistake({ what: `${file} is a folder`, next: `Name the file: ${file}/ptp.yaml` });
    if (code === 'EACCES')
      throw new UserMistake({ what: `${file} may not be read`, next: 'Change its rights.' });
    throw error;
  }
}

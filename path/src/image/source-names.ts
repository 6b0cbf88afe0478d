import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserMistake } from '../core/failure.ts';

/** Throws UserMistake for the path of a source, below its folder, that no layer can hold. */
export function checkSourceName(folder: string, path: string): void {
  const name = basename(path);
  const wrong = (what: string) =>
    new UserMistake({
      what,
      where: { file: join(folder, path) },
      next: 'Rename it, or name it in .ptpignore.',
    });
  if (name.includes('\n')) throw wrong('there is a line break in the name of this file');
  if (name.startsWith('.wh.')) {
    throw wrong('in an image, a file of this name deletes another: names must not begin with ".wh."');
  }
  // What Node.js puts for bytes that are no UTF-8; a file may be called so as well.
  if (name.includes('\uFFFD') && !existsSync(join(folder, path)))
    throw wrong('the name of this file is not UTF-8');
}

/** Why a source can't be read: a UserMistake where rights are missing; nothing where it has gone meanwhile. */
export function unreadable(error: unknown, path: string): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return undefined;
  if (code !== 'EACCES' && code !== 'EPERM') throw error;
  throw new UserMistake({
    what: 'this file may not be read by the user who builds',
    where: { file: path },
    next: 'Give it rights that let it be read, or name it in .ptpignore.',
  });
}

import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { programsIn } from './main-folder.ts';

/** A program in Go: a folder in a module that is one, or has a single one below `cmd`. */
export async function detectGo(folder: string): Promise<string | undefined> {
  const programs = await programsIn(folder);
  const [only] = programs;
  if (only === undefined || programs.length > 1) return undefined;
  const module = await moduleAbove(folder);
  if (module === undefined) return undefined;
  return only === '.' ? 'a program of the Go module here' : `${only} of the Go module here`;
}

async function moduleAbove(folder: string): Promise<string | undefined> {
  for (let above = folder; ; above = dirname(above)) {
    const file = join(above, 'go.mod');
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
    if (above === dirname(above)) return undefined;
  }
}

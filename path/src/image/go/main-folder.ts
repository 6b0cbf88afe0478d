import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import { isPackageFile } from './plan.ts';
import { isProgramFile } from './source-text.ts';

/**
 * The folder of a component's program, seen from its source: `.` where that is a program itself, else the only program
 * below `cmd`. Throws UserMistake where there is none, or more than one.
 */
export async function mainFolder(source: string): Promise<string> {
  const found = await programsIn(source);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new UserMistake({
    what:
      only === undefined
        ? 'there is no program here: no Go file of `package main`, nor one below cmd'
        : `there is more than one program here: ${found.join(', ')}`,
    where: { file: source },
    next: `Name the one to run: \`go: { main: ${only ?? '‹its folder›'} }\`.`,
  });
}

/** The folders of programs: that one alone where it is one, else those below its `cmd`. Empty where it is no folder. */
export async function programsIn(source: string): Promise<readonly string[]> {
  if (await isProgram(source)) return ['.'];
  const names = await namesIn(join(source, 'cmd'));
  const found = await Promise.all(
    names.map(async (name) => ((await isProgram(join(source, 'cmd', name))) ? [`cmd/${name}`] : [])),
  );
  return found.flat();
}

async function isProgram(folder: string): Promise<boolean> {
  for (const name of await namesIn(folder)) {
    if (!name.endsWith('.go') || !isPackageFile(name)) continue;
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (isProgramFile(text)) return true;
  }
  return false;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

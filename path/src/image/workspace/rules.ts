import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore from 'ignore';
import type { Keep } from '../source-tree.ts';

/** Never part of a source: what npm installs, version control, the path itself, what earlier runs left. */
export const neverSource = [
  'node_modules/',
  '.git/',
  'coverage/',
  'test-results/',
  '*.log',
  '.DS_Store',
  '/ptp.yaml',
  '/ptp.lock',
] as const;

/** What an application does not need to run. */
export const notForRunning = [
  ...neverSource,
  '.*',
  '*.test.*',
  '*.spec.*',
  'test/',
  'tests/',
  '__tests__/',
  'README*',
  'Dockerfile',
  'Dockerfile.*',
  'Containerfile',
  'package-lock.json',
  'npm-shrinkwrap.json',
] as const;

/**
 * Which paths to take: all but those that the patterns (gitignore syntax) name, then what the folder's .ptpignore
 * says; a pattern with `!` there takes back what is left out by default.
 */
export async function readRules(folder: string, patterns: readonly string[]): Promise<Keep> {
  const own = await readFile(join(folder, '.ptpignore'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  const rules = ignore()
    .add([...patterns])
    .add(own);
  return (path) => !rules.ignores(path);
}

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const checkout = join(import.meta.dirname, '../..');

/**
 * Copies the project, as it is in the work tree and without what git ignores, to a new folder that tests may change.
 * Its node_modules is the checkout's.
 * @returns the folder's absolute path
 */
export function copyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ptp-end-to-end-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: checkout,
    encoding: 'utf8',
  });
  for (const path of listed.split('\0')) {
    // A file that was deleted and not yet committed is still listed.
    if (path === '' || !existsSync(join(checkout, path))) continue;
    cpSync(join(checkout, path), join(folder, path), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own, which can be filled. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Takes all the room that is left, or all but so many MiB. */
  fill(but?: number): void;
  /** Gives the room back. */
  clear(): void;
  /** Takes it away, with all that is on it. */
  remove(): void;
}

/** Makes an ext4 file system in a file and mounts it; `at` is a folder that is made, else one in the temporary folder. */
export function smallDisk(mebibytes: number, at?: string): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'ptp-disk-'));
  const image = join(folder, 'image');
  const path = at ?? join(folder, 'disk');
  const sh = (program: string, ...args: readonly string[]) => execFileSync(program, args, { stdio: 'pipe' });
  sh('truncate', `--size=${mebibytes}M`, image);
  sh('mkfs.ext4', '-q', '-m', '0', image);
  mkdirSync(path, { recursive: true });
  sh('mount', '-o', 'loop', image, path);
  const filler = join(path, '.full');
  return {
    path,
    fill: (but = 0) => {
      const { bavail, bsize } = statfsSync(path);
      spawnSync('fallocate', ['--length', String(bavail * bsize - but * 2 ** 20), filler]);
      if (but > 0) return;
      // The rest, which is in no whole piece.
      spawnSync('sh', ['-c', 'cat /dev/zero >> "$0"', filler], { stdio: 'ignore' });
    },
    clear: () => rmSync(filler, { force: true }),
    remove: () => {
      sh('umount', '--lazy', path);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockFileName, readLockFile } from '../../../path/src/image/lock-file.ts';
import { buildElsewhere, differences } from '../../support/elsewhere.ts';
import { throughGit } from '../../support/generated-project.ts';
import { copyProject } from '../../support/project-copy.ts';
import { jsonLines } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

/** The same sources give the same images, wherever and however they are built. */
export function reproducible(system: System): void {
  const nobody = 65534;
  const made: string[] = [];
  const temporary = () => {
    const folder = mkdtempSync(join(tmpdir(), 'ptp-reproducible-'));
    chmodSync(folder, 0o755);
    made.push(folder);
    return folder;
  };
  let other: string;
  beforeAll(() => {
    other = copyProject();
    made.push(other);
  });
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });

  test('as nobody, from an archive, in another year, on one processor: each image has one digest', async () => {
    const npmCache = temporary();
    const first = temporary();
    await takePackages(system.place.folder, process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'), first);
    const plain = await buildElsewhere({
      folder: system.place.folder,
      cache: first,
      env: { npm_config_cache: npmCache, TZ: 'UTC', LANG: 'C.UTF-8' },
    });
    expect(plain.images.map(({ name }) => name).sort()).toEqual([
      'backend',
      'frontend',
      'gateway',
      'postgres-17',
      'postgres-17-backup',
    ]);

    rmSync(join(other, 'node_modules'));
    throughGit(other);
    age(other);
    const second = temporary();
    await takePackages(other, first, second);
    const root = process.getuid?.() === 0;
    if (root) execFileSync('chown', ['-hR', `${nobody}:${nobody}`, other, second, npmCache]);
    const place = {
      folder: other,
      cache: second,
      umask: '077',
      clock: '+400d',
      processor: 0,
      ...(root ? { user: nobody } : {}),
      env: {
        npm_config_cache: npmCache,
        // No certificate is valid in that year.
        npm_config_offline: 'true',
        TZ: 'Pacific/Kiritimati',
        LANG: 'tr_TR.UTF-8',
        LC_ALL: 'tr_TR.UTF-8',
        UV_THREADPOOL_SIZE: '1',
        SOURCE_DATE_EPOCH: '1700000000',
      },
    };
    for (const cache of ['cold', 'warm'])
      expect(await differences(plain, await buildElsewhere(place)), cache).toEqual([]);

    // And they are the ones that `up` has built, with its cache.
    const digests = new Map<unknown, string>(
      plain.images.map(({ name, manifest }) => [name, manifest.descriptor.digest]),
    );
    const up = await system.must('up', '--json');
    for (const event of jsonLines(up)) {
      const known = digests.get(event.image);
      if (event.kind === 'image-ready' && known !== undefined)
        expect([event.image, event.digest]).toEqual([event.image, known]);
    }
  });
}

/** Gives a new cache the Debian packages that a project's lock names, where another cache has them, and nothing else. */
async function takePackages(project: string, from: string, to: string): Promise<void> {
  const blobs = join(to, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  for (const { resolved } of await readLockFile(join(project, lockFileName))) {
    for (const { sha256 } of resolved) {
      const file = join(from, 'blobs/sha256', sha256);
      if (existsSync(file)) copyFileSync(file, join(blobs, sha256));
    }
  }
}

/** Gives every file and folder a time of its own, long ago. */
function age(folder: string): void {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  for (const [index, path] of paths.entries()) lutimesSync(path, 1e9 + index, 1e9 + index);
}

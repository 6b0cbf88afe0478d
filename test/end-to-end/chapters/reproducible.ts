import { execFileSync } from 'node:child_process';
import { lutimesSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyProject } from '../../support/project-copy.ts';
import { jsonLines } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

/** The same sources give the same images, wherever and however they are built. */
export function reproducible(system: System): void {
  let other: string;
  beforeAll(() => {
    other = copyProject();
  });
  afterAll(() => rmSync(other, { recursive: true, force: true }));

  test('two folders, two users’ settings, no cache of what was built: each image has one digest', async () => {
    const plain = build(system.place.folder, '022', { TZ: 'UTC', LANG: 'C.UTF-8' });
    age(join(other, 'system'));
    const strange = { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', USER: 'other' };
    expect(build(other, '077', strange)).toEqual(plain);
    expect(Object.keys(plain).sort()).toEqual(['backend', 'frontend', 'gateway', 'postgres-17']);
    // And they are the ones that `up` has built, with its cache.
    const up = await system.must('up', '--json');
    for (const event of jsonLines(up)) {
      const known = plain[String(event.image)];
      if (event.kind === 'image-ready' && known !== undefined)
        expect([event.image, event.digest]).toEqual([event.image, known]);
    }
  });
}

/** Builds all images of a project: image name → digest. What was downloaded is known, what was built is not. */
function build(folder: string, umask: string, env: Record<string, string>): Record<string, string> {
  const cache = mkdtempSync(join(tmpdir(), 'ptp-cache-'));
  try {
    const known = process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp');
    for (const part of ['debian', 'blobs']) {
      mkdirSync(join(known, part), { recursive: true });
      symlinkSync(join(known, part), join(cache, part));
    }
    const script = join(folder, 'test/support/build-images.ts');
    const words = ['-c', 'umask "$0" && exec "$@"', umask, process.execPath, script, folder, cache];
    const output = execFileSync('sh', words, { encoding: 'utf8', env: { ...process.env, ...env } });
    return JSON.parse(output) as Record<string, string>;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** Gives every file and folder a time of its own, long ago. */
function age(folder: string): void {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  for (const [index, path] of paths.entries()) lutimesSync(path, 1e9 + index, 1e9 + index);
}

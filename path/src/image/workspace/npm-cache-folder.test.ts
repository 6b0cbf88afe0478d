import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { npmCacheFolder } from './npm-cache-folder.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'npm-settings-'));
});
afterEach(() => rm(home, { recursive: true }));

const folder = (env: Record<string, string> = {}) =>
  npmCacheFolder(join(home, 'none'), { HOME: home, ...env });

test('the environment, then the files of settings, then the home folder name it', async () => {
  expect(await folder()).toBe(join(home, '.npm'));
  await writeFile(join(home, '.npmrc'), 'registry=https://r.test\ncache = ~/elsewhere\n');
  expect(await folder()).toBe(join(home, 'elsewhere'));
  expect(await npmCacheFolder(home, { HOME: '/nobody' })).toBe('/nobody/elsewhere');
  await writeFile(join(home, 'other'), 'cache="$' + '{TMP_CACHE}/npm"\n');
  const other = { NPM_CONFIG_USERCONFIG: join(home, 'other'), TMP_CACHE: '/scratch' };
  expect(await folder(other)).toBe('/scratch/npm');
  expect(await folder({ ...other, npm_config_cache: '/asked' })).toBe('/asked');
});

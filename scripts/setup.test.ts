import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ptp-setup-'));
  await mkdir(join(root, 'scripts'));
  await mkdir(join(root, 'tools'));
  await copyFile(join(import.meta.dirname, 'setup.mjs'), join(root, 'scripts/setup.mjs'));
  await writeFile(join(root, 'package.json'), JSON.stringify({ devDependencies: { node: '26.0.1' } }));
  await writeLock('1.0.0');
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

/** A lockfile with one package of that version, and one that is only for another machine. */
async function writeLock(version: string) {
  const packages = {
    '': { name: 'x' },
    'node_modules/a': { version, integrity: 'sha512-a' },
    'node_modules/other-machine': { version, integrity: 'sha512-b', optional: true },
  };
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }));
}

/** An `npm` on PATH that records how it was called and leaves what the real one leaves. */
async function npmThat(script: string) {
  const npm = `#!/bin/sh\necho "$@ PATH=$PATH" >> '${root}/calls'\n${script}\n`;
  await writeFile(join(root, 'tools/npm'), npm);
  await chmod(join(root, 'tools/npm'), 0o755);
}

const installs = (version: string) => `
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho ${version}\\n' > node_modules/.bin/node
chmod 755 node_modules/.bin/node
echo installed`;

function setup() {
  const path = [join(root, 'node_modules/.bin'), join(root, 'tools'), '/usr/bin', '/bin'].join(delimiter);
  return spawnSync(process.execPath, ['scripts/setup.mjs'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
}
const calls = async () =>
  (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

test('installs where nothing is, once, and again when the lockfile changes', async () => {
  await npmThat(installs('v26.0.1'));
  const first = setup();
  expect(first).toMatchObject({ status: 0, stdout: '' });
  expect(await calls()).toHaveLength(1);
  // npm ci deletes node_modules: the node that runs it must not come from there.
  expect((await calls())[0]).toMatch(/^ci .*PATH=(?!.*node_modules)/);
  expect(setup()).toMatchObject({ status: 0, stderr: '' });
  expect(await calls()).toHaveLength(1);
  await writeLock('1.0.1');
  expect(setup().status).toBe(0);
  expect(await calls()).toHaveLength(2);
  await rm(join(root, 'node_modules'), { recursive: true });
  expect(setup().status).toBe(0);
  expect(await calls()).toHaveLength(3);
});

test('takes what was installed by hand where it is what the lockfile says', async () => {
  await npmThat('exit 1');
  await mkdir(join(root, 'node_modules/.bin'), { recursive: true });
  await writeFile(join(root, 'node_modules/.bin/node'), '#!/bin/sh\necho v26.0.1\n', { mode: 0o755 });
  const hidden = (version: string) =>
    writeFile(
      join(root, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/a': { version, integrity: 'sha512-a' } } }),
    );
  await hidden('1.0.0');
  expect(setup().status).toBe(0);
  expect(await calls()).toEqual([]);
  await hidden('0.9.0');
  await rm(join(root, 'node_modules/.ptp-lock-hash'));
  expect(setup().status).toBe(1);
  expect(await calls()).toHaveLength(1);
});

test('a failed install is told and leaves no record', async () => {
  await npmThat('echo "npm error: no network" >&2; exit 1');
  const run = setup();
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('npm error: no network');
  expect(run.stderr).toContain('npm ci failed');
  await expect(stat(join(root, 'node_modules/.ptp-lock-hash'))).rejects.toThrow('ENOENT');
});

test('another Node than the one that is asked for is told', async () => {
  await npmThat(installs('v18.0.0'));
  const run = setup();
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('node_modules/.bin/node is v18.0.0, not v26.0.1');
});

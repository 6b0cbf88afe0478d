import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { compressible, precompress } from './precompress.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function page(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'precompress-'));
  folders.push(folder);
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<p>hello</p>\n'.repeat(200));
  await writeFile(join(folder, 'assets/a.js'), 'console.log("hello");\n'.repeat(200));
  await writeFile(join(folder, 'assets/a.png'), 'not really a picture '.repeat(200));
  await writeFile(join(folder, 'tiny.txt'), 'x');
  await writeFile(join(folder, 'empty.css'), '');
  return folder;
}

async function contents(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(folder.length + 1), (await readFile(path)).toString('base64'));
  }
  return new Map([...files].sort());
}

test('compressible files get siblings that hold the same bytes, others do not', async () => {
  const folder = await page();
  await precompress(folder);
  expect([...(await contents(folder)).keys()]).toEqual([
    'assets/a.js',
    'assets/a.js.br',
    'assets/a.js.gz',
    'assets/a.js.zst',
    'assets/a.png',
    'empty.css',
    'index.html',
    'index.html.br',
    'index.html.gz',
    'index.html.zst',
    'tiny.txt',
  ]);
  const original = await readFile(join(folder, 'assets/a.js'));
  expect(brotliDecompressSync(await readFile(join(folder, 'assets/a.js.br')))).toEqual(original);
  expect(zstdDecompressSync(await readFile(join(folder, 'assets/a.js.zst')))).toEqual(original);
  expect(gunzipSync(await readFile(join(folder, 'assets/a.js.gz')))).toEqual(original);
});

test('the bytes do not depend on the folder, the time or a run before', async () => {
  const [one, other] = [await page(), await page()];
  await utimes(join(other, 'index.html'), 1, 1);
  await precompress(one);
  await precompress(other);
  await precompress(other);
  expect(await contents(other)).toEqual(await contents(one));
  const header = (await readFile(join(one, 'index.html.gz'))).subarray(0, 10);
  // No name (flags 0), no time (4 zeros), no operating system (255).
  expect([...header]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
});

test('a sibling that no longer is smaller goes', async () => {
  const folder = await page();
  await writeFile(join(folder, 'tiny.txt.br'), 'stale');
  await precompress(folder);
  expect(await readdir(folder)).not.toContain('tiny.txt.br');
});

test('what is packed already is left alone', () => {
  expect(['a.html', 'b/c.svg', 'd.wasm', 'e.json'].every(compressible)).toBe(true);
  expect(['a.png', 'b.woff2', 'c.br', 'd.gz', 'e.zst', 'f'].some(compressible)).toBe(false);
});

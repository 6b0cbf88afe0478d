import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const frontend = fileURLToPath(new URL('..', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
let folder: string;
let first: ReadonlyMap<string, Buffer>;
let second: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'page-')));
  first = await build('one');
  second = await build('a/much deeper/two');
}, 120_000);
afterAll(async () => await rm(folder, { recursive: true }));

/** Builds a copy of this folder elsewhere, as `npm run build` does. */
async function build(name: string): Promise<ReadonlyMap<string, Buffer>> {
  const copy = join(folder, name);
  const skip = ['dist', 'node_modules'].map((part) => join(frontend, part));
  await cp(frontend, copy, { recursive: true, filter: (path) => !skip.includes(path) });
  await symlink(modules, join(copy, 'node_modules'));
  const { NODE_ENV: _, VITEST: __, ...env } = process.env;
  await promisify(execFile)(process.execPath, ['node_modules/vite/bin/vite.js', 'build'], { cwd: copy, env });
  const files = new Map<string, Buffer>();
  const dist = join(copy, 'dist');
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(dist.length + 1), await readFile(path));
  }
  return new Map([...files].sort());
}

test('the same source gives the same bytes in any folder, and they name none', () => {
  expect([...second.keys()]).toEqual([...first.keys()]);
  for (const [name, bytes] of first) {
    expect(second.get(name)?.equals(bytes), name).toBe(true);
    expect(bytes.includes(folder), name).toBe(false);
    expect(bytes.includes(modules), name).toBe(false);
  }
});

test('all but the page itself have names that change with their content', () => {
  const names = [...first.keys()];
  expect(names.filter((name) => !/^assets\/[a-z]+-[\w-]{8}\.(js|css|svg)$/.test(name))).toEqual([
    'index.html',
  ]);
  expect(names).toHaveLength(4);
});

test('the page has a language, a title and a description, and nothing that a strict policy forbids', () => {
  const html = first.get('index.html')?.toString() ?? '';
  expect(html).toContain('<html lang="en">');
  expect(html).toMatch(/<title>[^<]+<\/title>/);
  expect(html).toMatch(/<meta name="description" content="[^"]+"/);
  expect(html).toContain('content="width=device-width, initial-scale=1"');
  expect(html).toContain('<noscript>');
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|data:|https?:/);
  for (const [script = ''] of html.matchAll(/<script[^>]*>[^<]*/g)) {
    expect(script).toMatch(/^<script [^>]*src="\/assets\/[^"]+"[^>]*>$/);
  }
});

test('no part of it is the development build, or larger than it needs to be', () => {
  for (const [name, bytes] of first) expect(bytes.includes('react.development'), name).toBe(false);
  const total = [...first.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  expect(total).toBeLessThan(300_000);
});

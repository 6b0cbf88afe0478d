import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PageModel } from './model.ts';
import { removeOldBuilds } from './old-builds.ts';

/** The page, built. */
export interface Bundle {
  /** The folder with index.html and assets/. */
  readonly client: string;
  /** The same components as text, without a browser: the report's body. */
  render(model: PageModel): string;
  /** The page's style sheet with its fonts in it. */
  styles(): Promise<string>;
}

/**
 * The page of `dashboard/`, built by Vite where no build of the same content is in the cache: some two seconds, once.
 * @param folder the dashboard's sources
 * @param cache the tool's cache folder
 * @param now milliseconds since 1970: builds that were not used for long are removed
 */
export async function pageBundle(folder: string, cache: string, now: number): Promise<Bundle> {
  const name = (await contentOf(folder)).slice(0, 16);
  const place = join(cache, 'page', name);
  if (!existsSync(join(place, 'server/report.js'))) await build(folder, place);
  await removeOldBuilds(place, now);
  const report = (await import(pathToFileURL(join(place, 'server/report.js')).href)) as Pick<
    Bundle,
    'render'
  >;
  const client = join(place, 'client');
  return { client, render: (model) => report.render(model), styles: () => inlineStyles(client) };
}

/** A hash over all that a build depends on: the sources, and the versions of what builds them. */
async function contentOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/[/\\](node_modules|dist)([/\\]|$)/.test(`${entry.parentPath}/`))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  for (const name of names) hash.update(`${name.slice(folder.length)}\0`).update(await readFile(name));
  const require = createRequire(join(folder, 'package.json'));
  for (const tool of ['vite', 'react', 'react-dom', '@vitejs/plugin-react', '@fontsource-variable/inter'])
    hash.update(await versionOf(require, tool));
  return hash.digest('hex');
}

/** A package's package.json, which not every package lets others ask for by name. */
async function versionOf(require: NodeJS.Require, name: string): Promise<Buffer> {
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = join(folder, name, 'package.json');
    if (existsSync(file)) return readFile(file);
  }
  throw new Error(`the package ${name} is not installed`);
}

/** Builds beside the place and moves it there whole: whoever is killed half-way leaves nothing that looks built. */
async function build(folder: string, place: string): Promise<void> {
  const { build: viteBuild } = await import('vite');
  const scratch = `${place}.${process.pid}`;
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const common = { root: folder, configFile: join(folder, 'vite.config.ts'), logLevel: 'error' } as const;
  // One after the other: each sets the process's mode.
  await viteBuild({ ...common, build: { outDir: join(scratch, 'client'), emptyOutDir: true } });
  await viteBuild({
    ...common,
    ssr: { noExternal: true },
    build: { outDir: join(scratch, 'server'), emptyOutDir: true, ssr: join(folder, 'src/report.tsx') },
  });
  await rename(scratch, place).catch(async (error: NodeJS.ErrnoException) => {
    await rm(scratch, { recursive: true, force: true });
    // Somebody else was quicker, with the same content.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

async function inlineStyles(client: string): Promise<string> {
  const assets = join(client, 'assets');
  const sheets = (await readdir(assets)).filter((name) => name.endsWith('.css'));
  const text = (await Promise.all(sheets.map((name) => readFile(join(assets, name), 'utf8')))).join('\n');
  const fonts = new Map<string, string>();
  for (const [, name = ''] of text.matchAll(/url\((?:\.|\/assets)?\/?([^)"']+\.woff2)\)/g)) {
    const bytes = await readFile(join(assets, name.split('/').at(-1) ?? name));
    fonts.set(name, `data:font/woff2;base64,${bytes.toString('base64')}`);
  }
  return text.replace(
    /url\((?:\.|\/assets)?\/?([^)"']+\.woff2)\)/g,
    (whole, name: string) => `url(${fonts.get(name) ?? whole})`,
  );
}

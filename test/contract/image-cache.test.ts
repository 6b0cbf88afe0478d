import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../path/src/core/event.ts';
import { fuzzed, fuzzTime } from '../../path/src/core/fuzz.test-support.ts';
import type { ImageSpec } from '../../path/src/core/image-spec.ts';
import { baseReference, newContext, newFolder, pullBase, write } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';
import { compareLayouts } from '../../path/src/oci/compare-images.ts';
import { writeLayoutFolder } from '../../path/src/oci/layout.ts';
import { publishImages } from '../../path/src/registry/step.ts';
import { withWholeImages } from '../../path/src/whole-images.ts';
import { cacheFiles, restore, rot, type Way, ways } from '../support/damage.ts';
import { buildElsewhere, differences } from '../support/elsewhere.ts';
import { arrivals, generatedFiles, writeProject } from '../support/generated-project.ts';
import { type Registry, startRegistry } from './support/registry.ts';

/*
 * Caches that were damaged in every way that disks, power cuts, full file systems and people know: nothing of it gets
 * into an image, nothing of it ends a build, and what was damaged is told of. PTP_FUZZ_RUNS=20 for a night.
 */
const source = newFolder();
const made: string[] = [source];
const temporary = () => {
  const folder = mkdtempSync(join(tmpdir(), 'ptp-cache-'));
  made.push(folder);
  return folder;
};
let registry: Registry;
/** A cache that has everything, and a copy of it. */
let warm: string;
let kept: string;
let clean: string;

const member = (name: string, more: object) => ({ name, version: '1.0.0', type: 'module', ...more });
const packages = {
  'apps/web': member('web', { scripts: { start: 'node main.js' }, dependencies: { ms: '2.1.3' } }),
  'apps/page': member('page', { scripts: { build: 'node build.mjs' }, devDependencies: { ms: '2.1.3' } }),
};
const integrity =
  'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==';
const specs: readonly ImageSpec[] = [
  { builder: 'node', name: 'web', source: join(source, 'apps/web'), base: baseReference() },
  { builder: 'static', name: 'page', source: join(source, 'apps/page'), base: baseReference('b') },
  {
    builder: 'debian',
    name: 'data',
    packages: ['netbase'],
    closed: true,
    user: { uid: 999, gid: 999, name: 'data', home: '/' },
    entrypoint: ['/none'],
  },
];

beforeAll(async () => {
  const root = { name: 'all', workspaces: ['apps/*'] };
  const links = Object.values(packages).map(({ name }) => [
    `node_modules/${name}`,
    { resolved: `apps/${name}`, link: true },
  ]);
  write(source, {
    'package.json': root,
    'package-lock.json': {
      lockfileVersion: 3,
      packages: {
        '': root,
        ...packages,
        ...Object.fromEntries(links),
        'node_modules/ms': { version: '2.1.3', integrity },
      },
    },
    'apps/web/package.json': packages['apps/web'],
    'apps/web/main.js': 'console.log(1);',
    'apps/page/package.json': packages['apps/page'],
    'apps/page/build.mjs':
      "import ms from 'ms'; import { mkdirSync, writeFileSync } from 'node:fs'; mkdirSync('dist'); writeFileSync('dist/index.html', String(ms('2 days')).repeat(500));",
  });
  registry = await startRegistry();
  warm = temporary();
  clean = temporary();
  // Twice: what is known of source files is kept when they were not changed just before.
  await build(warm, clean);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await build(warm, clean);
  kept = temporary();
  cpSync(warm, kept, { recursive: true, verbatimSymlinks: true });
});
afterAll(async () => {
  await registry?.stop();
  for (const folder of made) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Builds with a cache, sends the images to a repository that has nothing, and writes them into a folder. */
async function build(cache: string, layout: string): Promise<readonly Event[]> {
  const context = newContext(cache);
  const make = () => buildImages(context, specs, { projectFolder: source, pull: pullBase(context) });
  pushes += 1;
  const access = { url: `http://${registry.name}`, name: registry.name, prefix: `run${pushes}` };
  await withWholeImages(context, make, async (images) => {
    await publishImages(context, access, images, { tags: ['v1'] });
    await writeLayoutFolder(images, layout);
  });
  return context.events;
}
let pushes = 0;

/** Damages the warm cache, builds with it, and gives the files that were told of. Leaves it as it was. */
async function survive(damage: () => unknown): Promise<readonly string[]> {
  const layout = temporary();
  await damage();
  const events = await build(warm, layout);
  expect(await compareLayouts(clean, layout)).toEqual(new Map());
  const again = await build(warm, layout);
  expect(told(again), 'once it is mended, nothing is told').toEqual([]);
  // What was not used is still damaged.
  restore(warm, kept);
  rmSync(layout, { recursive: true });
  return told(events);
}

function told(events: readonly Event[]): readonly string[] {
  const files = events.flatMap((event) =>
    event.kind === 'warning' ? (event.problem.where?.file ?? '') : [],
  );
  return files.map((file) => file.replace(`${warm}/`, '')).sort();
}

/** Whether a build that changes nothing looks at a file, so that its damage has to be told. */
const isLookedAt = (file: string) =>
  /^(?:layers|images|stat\/sources|debian\/layers|debian\/locks)\//.test(file);

test('every file of a warm cache in turn: told of where it is used, and never in an image', async () => {
  const names = Object.keys(ways) as Way[];
  const files = cacheFiles(warm).filter((file) => !file.startsWith('modules/'));
  expect(files.length).toBeGreaterThan(30);
  for (const [index, file] of files.entries()) {
    const way = names[index % names.length] ?? 'gone';
    const tales = await survive(() => ways[way](join(warm, file)));
    if (isLookedAt(file)) expect(tales, `${file} ${way}`).toEqual(way === 'gone' ? [] : [file]);
    else expect([[], [file]], `${file} ${way}`).toContainEqual(tales);
  }
}, 1_200_000);

test('bytes that a disk lost without a word, of every blob at once', async () => {
  const tales = await survive(async () => {
    for (const file of cacheFiles(warm)) if (file.startsWith('blobs/')) await rot(warm, file);
  });
  const used = readdirSync(join(clean, 'blobs/sha256')).map((name) => `blobs/sha256/${name}`);
  expect(tales).toEqual(expect.arrayContaining(used));
});

test.each(Object.keys(ways) as Way[])('everything in the cache is %s', async (way) => {
  const tales = await survive(() => {
    for (const file of cacheFiles(warm)) ways[way](join(warm, file));
  });
  if (way === 'gone') expect(tales).toEqual([]);
  else for (const part of ['layers/', 'images/', 'modules/']) expect(tales.join('\n')).toContain(part);
});

test(
  'any files in any ways, a half that is missing among them',
  async () => {
    const files = cacheFiles(warm);
    const picks = fc.array(
      fc.tuple(fc.nat(files.length - 1), fc.constantFrom(...(Object.keys(ways) as Way[]))),
      {
        maxLength: files.length,
      },
    );
    await fc.assert(
      fc.asyncProperty(picks, fc.boolean(), async (picked, half) => {
        await survive(() => {
          const present = new Map(picked.map(([index, way]) => [files[index] ?? '', half ? 'gone' : way]));
          for (const [file, way] of present) ways[way](join(warm, file));
        });
      }),
      { ...fuzzed(4), timeout: 300_000 },
    );
  },
  fuzzTime * 10,
);

test("packages in npm's own cache that were damaged are fetched again", async () => {
  const npmCache = temporary();
  const before = process.env.npm_config_cache;
  process.env.npm_config_cache = npmCache;
  try {
    for (const way of ['with another bit', 'cut in half', 'without content'] as const) {
      const layout = temporary();
      await build(temporary(), layout);
      const contents = cacheFiles(npmCache).filter((file) => file.includes('content-v2'));
      expect(contents.length).toBeGreaterThan(0);
      for (const file of contents) ways[way](join(npmCache, file));
      await build(temporary(), layout);
      expect(await compareLayouts(clean, layout)).toEqual(new Map());
    }
  } finally {
    if (before === undefined) delete process.env.npm_config_cache;
    else process.env.npm_config_cache = before;
  }
});

test(
  'two builds share a cache while one is killed at any moment: the other and the next have the same images',
  async () => {
    const [files] = fc.sample(generatedFiles, { numRuns: 1, seed: 1 });
    const [arrival] = fc.sample(arrivals, { numRuns: 1, seed: 1 });
    if (files === undefined || arrival === undefined) throw new Error('no sample');
    const folder = writeProject(files, arrival);
    made.push(join(folder, '..'));
    const began = performance.now();
    const plain = await buildElsewhere({ folder, cache: temporary() });
    const duration = performance.now() - began;
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1.2, noNaN: true }), async (moment) => {
        const cache = temporary();
        const script = join(import.meta.dirname, '../support/build-images.ts');
        const killed = spawn(process.execPath, [script, folder, cache, 'all'], { stdio: 'ignore' });
        const ended = once(killed, 'exit');
        const beside = buildElsewhere({ folder, cache });
        const timer = setTimeout(() => killed.kill('SIGKILL'), moment * duration);
        expect(await differences(plain, await beside)).toEqual([]);
        await ended;
        clearTimeout(timer);
        const next = await buildElsewhere({ folder, cache });
        expect(await differences(plain, next)).toEqual([]);
        // A killed build leaves no damage: what is there is whole.
        expect(next.told.filter(({ kind }) => kind === 'warning')).toEqual([]);
      }),
      { ...fuzzed(4), timeout: 300_000 },
    );
  },
  fuzzTime * 10,
);

test('what Node.js keeps of compiled programs is not believed where it was damaged', async () => {
  const cache = temporary();
  const main = join(import.meta.dirname, '../../path/src/main.ts');
  const help = async () => {
    const child = spawn(process.execPath, [main, 'up', '--help'], {
      env: { ...process.env, PTP_CACHE: cache, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const [code] = await once(child, 'close');
    return [code, said];
  };
  const first = await help();
  expect(first[0]).toBe(0);
  const compiled = cacheFiles(cache).filter((file) => file.startsWith('compile-cache/'));
  expect(compiled.length).toBeGreaterThan(10);
  for (const way of [
    'with another bit',
    'with another first bit',
    'cut in half',
    'without content',
    'of zeros',
  ] as const) {
    for (const file of compiled) ways[way](join(cache, file));
    expect(await help(), way).toEqual(first);
  }
  writeFileSync(join(cache, 'compile-cache', 'stray'), '');
  expect(await help()).toEqual(first);
});

import { readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Actions } from './cli/actions.ts';
import { runCommandLine } from './cli/run.ts';
import type { Event } from './core/event.ts';
import { UserMistake } from './core/failure.ts';
import type { Context } from './effects/context.ts';
import { buildProjectImages } from './images.ts';
import { inspectImages } from './inspect.ts';
import { plantedCredentials } from './leaks/planted.test-support.ts';
import { loadProject } from './project/load.ts';
import { publishImages } from './registry/step.ts';
import { type FakeRegistry, startFakeRegistry } from './registry/testing/fake-registry.ts';
import { createWorld, type World } from './registry/testing/world.ts';
import { npmEntry } from './vulnerabilities/testing/entries.ts';
import { withWholeImages } from './whole-images.ts';

let world: World;
let fake: FakeRegistry;
let context: Context;
let folder: string;
let base: string;
let events: Event[];

beforeEach(async () => {
  world = await createWorld();
  fake = await startFakeRegistry();
  vi.stubEnv('DOCKER_CONFIG', world.folder);
  events = [];
  context = { ...world.context, cache: join(world.folder, 'cache'), emit: (event) => events.push(event) };
  folder = join(world.folder, 'shop');
  const place = { url: fake.url, name: new URL(fake.url).host, prefix: 'lib' };
  const [published] = await publishImages(world.context, place, [await world.image('base', 'a layer')], {
    tags: [],
  });
  base = published?.reference ?? '';
  await write({
    'web/package.json': JSON.stringify({ name: 'web', version: '1.0.0', scripts: { start: 'node main.js' } }),
    'web/main.js': 'console.log(1);\n',
    'osv/a.json': JSON.stringify(npmEntry),
    'ptp.yaml': yaml(),
  });
  vi.stubEnv('PTP_OSV', join(folder, 'osv'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await world.remove();
});

function yaml(more = ''): string {
  return `name: shop\ncomponents:\n  web: { source: web, route: /, base: "${base}" }\n${more}`;
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

async function inspect(): Promise<void> {
  const project = await loadProject(join(folder, 'ptp.yaml'));
  await withWholeImages(
    context,
    () => buildProjectImages(context, project),
    (images) => inspectImages(context, project, images),
  );
}

async function problems() {
  const error: unknown = await inspect().then(
    () => new Error('nothing stopped it'),
    (reason: unknown) => reason,
  );
  if (error instanceof UserMistake) return error.problems;
  throw error;
}

const looked = () => events.findLast((event) => event.kind === 'credentials-looked-for');
/** Of a kind; each has one. */
function sample(rule: string) {
  const found = plantedCredentials.find((one) => one.rule === rule);
  if (found === undefined) throw new Error(`nothing is planted for ${rule}`);
  return found;
}

test('an application without credentials goes through, and the second look reads nothing', async () => {
  await inspect();
  expect(looked()).toMatchObject({ files: 4, findings: [] });
  expect(looked()?.read).toBeGreaterThan(0);
  const project = await loadProject(join(folder, 'ptp.yaml'));
  const images = await buildProjectImages(context, project);
  // Who read a source or a layer now would find that it is gone.
  rmSync(join(folder, 'web/main.js'));
  for (const { path } of images.flatMap(({ layers }) => layers)) rmSync(path);
  await inspectImages(context, project, images);
  expect(looked()).toMatchObject({ files: 4, read: 0, findings: [] });
});

test('a credential in a source stops it: the message has its place and its rule, and nobody shows the line', async () => {
  const { text, value } = sample('github');
  await write({ 'web/lib/secret.js': `// a comment\n${text}\n` });
  const [problem, ...others] = await problems();
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    what: 'this looks like a credential (github)',
    where: { file: join(folder, 'web/lib/secret.js'), line: 2 },
    next: expect.stringContaining(
      'secrets: { allow: [{ file: "web/lib/secret.js", rule: github, reason: … }] }',
    ),
  });
  expect(looked()).toMatchObject({ findings: [{ file: 'web/lib/secret.js', line: 2, rule: 'github' }] });
  expect(JSON.stringify(events)).not.toContain(value.slice(0, 12));
});

test.each(plantedCredentials.filter(({ file }) => file.startsWith('src/')))(
  'nothing of $kind is in what ptp prints, nor in its cache beside the layers',
  async ({ file, text, value }) => {
    await write({ [`web/${file}`]: `${text}\n` });
    for (const json of [[], ['--json']]) {
      let printed = '';
      const sink = { write: (words: string) => (printed += words) };
      const up: Actions['up'] = async (project, _, session) => {
        const seen = { ...context, ...session };
        const images = await buildProjectImages(seen, project);
        await inspectImages(seen, project, images);
        throw new Error('nothing stopped it');
      };
      const code = await runCommandLine(['up', ...json], {
        actions: { up } as Actions,
        stdout: sink,
        stderr: sink,
        env: {},
        cwd: folder,
        version: '0',
        signal: new AbortController().signal,
        monotonic: () => 0,
      });
      expect(code).toBe(2);
      expect(printed).toContain('this looks like a credential');
      expect(printed).toContain(file);
      expect(printed).not.toContain(value.slice(0, 12));
    }
    for (const kind of ['sources', 'layers']) {
      for (const name of readdirSync(join(context.cache, 'credentials', kind))) {
        const kept = await readFile(join(context.cache, 'credentials', kind, name), 'utf8');
        expect(kept).not.toContain(value.slice(0, 12));
      }
    }
  },
);

test('what only the build has put in is found in the image', async () => {
  const { value } = sample('stripe');
  const [start, end] = [value.slice(0, 8), value.slice(8)];
  const build = `node -e "require('fs').mkdirSync('dist'); require('fs').writeFileSync('dist/main.js', '${start}' + '${end}')"`;
  await write({
    'web/package.json': JSON.stringify({
      name: 'web',
      version: '1.0.0',
      scripts: { start: 'node dist/main.js', build },
    }),
  });
  expect(await problems()).toMatchObject([
    {
      what: 'this looks like a credential (stripe), which the build has put in',
      where: { file: 'web:/app/dist/main.js', line: 1 },
    },
  ]);
});

test('what ptp.yaml allows for a reason goes through: by file, by pattern, by rule', async () => {
  await write({ 'web/lib/sample.js': `${sample('github').text}\n` });
  for (const allow of [
    '{ file: web/lib/sample.js, reason: a sample }',
    '{ file: "web/lib/*.js", rule: github, reason: a sample }',
  ]) {
    await write({ 'ptp.yaml': yaml(`secrets: { allow: [${allow}] }\n`) });
    await inspect();
    expect(looked()).toMatchObject({ findings: [{ file: 'web/lib/sample.js', reason: 'a sample' }] });
  }
  for (const allow of [
    '{ file: web/main.js, reason: no }',
    '{ file: web/lib/sample.js, rule: jwt, reason: no }',
  ]) {
    await write({ 'ptp.yaml': yaml(`secrets: { allow: [${allow}] }\n`) });
    expect(await problems()).toHaveLength(1);
  }
});

test('only what changed is read again; what was found before is still found', async () => {
  await write({ 'web/lib/secret.js': `${sample('github').text}\n` });
  expect(await problems()).toHaveLength(1);
  expect(await problems()).toHaveLength(1);
  expect(looked()).toMatchObject({ read: 0 });
  await write({ 'web/lib/other.js': `${sample('jwt').text}\n` });
  expect(await problems()).toHaveLength(2);
  // The new source, and no file of the layer that is one of the sources.
  expect(looked()).toMatchObject({ read: 1 });
});

test('a file for tests stays out of the image and out of the search', async () => {
  await write({ 'web/main.test.js': `${sample('github').text}\n` });
  await inspect();
});

test('a layer that was lost is made again before it is searched', async () => {
  await inspect();
  rmSync(join(context.cache, 'credentials'), { recursive: true });
  const project = await loadProject(join(folder, 'ptp.yaml'));
  const [image] = await buildProjectImages(context, project);
  const layer = image?.layers.at(-1);
  if (layer === undefined) throw new Error('no layer');
  await writeFile(layer.path, 'damaged');
  await inspect();
  expect(looked()).toMatchObject({ findings: [] });
});

test('vulnerabilities and credentials are told together', async () => {
  await write({ 'web/main.js': `${sample('github').text}\n` });
  const project = await loadProject(join(folder, 'ptp.yaml'));
  const images = await buildProjectImages(context, project);
  // What the application needs is read from its lockfile, so that no package has to be fetched for this.
  const dependencies = { lodash: '4.17.20' };
  const manifest = { name: 'web', version: '1.0.0', scripts: { start: 'node main.js' }, dependencies };
  await write({
    'web/package.json': JSON.stringify(manifest),
    'web/package-lock.json': JSON.stringify({
      lockfileVersion: 3,
      packages: { '': manifest, 'node_modules/lodash': { version: '4.17.20' } },
    }),
  });
  await expect(inspectImages(context, project, images)).rejects.toMatchObject({
    name: 'UserMistake',
    problems: [
      { what: 'lodash 4.17.20 in web has a known vulnerability (critical)' },
      { what: 'this looks like a credential (github)' },
    ],
  });
});

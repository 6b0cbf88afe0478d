import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ImageSpec } from '../../core/image-spec.ts';
import {
  baseReference,
  configurationOf,
  list,
  newContext,
  newFolder,
  pullBase,
  textIn,
  whys,
  write,
} from '../step.fixture.ts';
import { buildImages } from '../step.ts';

const page = {
  'package.json': { name: 'page', type: 'module', scripts: { build: 'node build.js' } },
  'package-lock.json': { lockfileVersion: 3, packages: { '': { name: 'page' } } },
  'build.js': `
    import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
    mkdirSync('dist/assets', { recursive: true });
    writeFileSync('dist/index.html', readFileSync('index.html'));
    writeFileSync('dist/assets/app.js', 'console.log("' + 'x'.repeat(5000) + '")');
    writeFileSync('dist/environment.json', JSON.stringify(Object.keys(process.env).filter((n) => !/^npm_|^INIT_CWD|^NODE$/.test(n)).sort()));
  `,
  'index.html': '<!doctype html><title>page</title>',
};

async function buildPage(folder: string, context = newContext()) {
  const spec: ImageSpec = { name: 'page', builder: 'static', source: folder, base: baseReference() };
  const [image] = await buildImages(context, [spec], { projectFolder: folder, pull: pullBase(context) });
  if (image === undefined) throw new Error('no image');
  return image;
}

test('a page is built in a copy and put behind the static server', async () => {
  const folder = write(newFolder(), page);
  const image = await buildPage(folder);
  const [, server, site] = image.layers;
  expect(list(server)).toContain('server/serve.ts');
  expect(list(server).join()).not.toMatch(/precompress|\.test\.ts/);
  expect(list(site).filter((path) => !path.endsWith('/'))).toEqual(
    expect.arrayContaining([
      'site/assets/app.js',
      'site/assets/app.js.br',
      'site/assets/app.js.zst',
      'site/index.html',
    ]),
  );
  expect(textIn(site, 'site/index.html')).toBe(page['index.html']);
  expect(JSON.parse(textIn(site, 'site/environment.json'))).toEqual(
    expect.not.arrayContaining(['USER', 'LOGNAME', 'SHELL', 'VITEST', 'TERM']),
  );
  expect(configurationOf(image).config).toMatchObject({
    Entrypoint: ['/nodejs/bin/node', '/server/serve.ts'],
    Env: ['PATH=/nodejs/bin', 'NODE_ENV=production', 'ROOT=/site'],
    User: '65532:65532',
  });
  expect(readdirSync(folder).sort()).toEqual(Object.keys(page).sort());
});

test('the same sources in another folder give the same digest', async () => {
  const [one, other] = [await buildPage(write(newFolder(), page)), await buildPage(write(newFolder(), page))];
  expect(other.manifest.descriptor).toEqual(one.manifest.descriptor);
});

test('the build runs only where its inputs changed', async () => {
  const folder = write(newFolder(), page);
  const context = newContext();
  await buildPage(folder, context);
  await buildPage(folder, context);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>other</title>');
  await buildPage(folder, context);
  writeFileSync(join(folder, 'notes.txt'), 'not in the page');
  await buildPage(folder, context);
  const builds = context.events.filter(
    (event) => event.kind === 'progress' && /npm run build/.test(event.text),
  );
  expect(builds).toHaveLength(3);
  expect(whys(context.events)).toEqual([
    'page: first build',
    'page: unchanged',
    'page: source changed: index.html',
    'page: unchanged',
  ]);
});

test('a file that changes during the build is in no image, and leaves nothing wrong in the cache', async () => {
  const folder = write(newFolder(), page);
  const context = newContext();
  const emit = (event: (typeof context.events)[number]) => {
    context.emit(event);
    if (event.kind === 'progress' && /npm run build/.test(event.text))
      write(folder, { 'index.html': 'later' });
  };
  await expect(buildPage(folder, { ...context, emit })).rejects.toMatchObject({
    name: 'StepFailed',
    problems: [{ what: 'the file changed while the image was built' }],
  });
  write(folder, { 'index.html': page['index.html'] });
  const image = await buildPage(folder, context);
  expect(textIn(image.layers[2], 'site/index.html')).toBe(page['index.html']);
});

test('a failed build shows its last lines and where its script is', async () => {
  const folder = write(newFolder(), {
    ...page,
    'build.js': 'console.error("line 7: no such thing");process.exit(3)',
  });
  const error = await buildPage(folder).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    name: 'StepFailed',
    problems: [
      {
        what: 'the build of page failed: node build.js',
        where: { file: join(folder, 'package.json'), key: 'scripts.build' },
        details: expect.arrayContaining(['line 7: no such thing']),
      },
    ],
  });
});

test('a build that makes no page, and a folder without a build, are told apart', async () => {
  const idle = write(newFolder(), { ...page, 'build.js': '' });
  await expect(buildPage(idle)).rejects.toMatchObject({ name: 'StepFailed' });
  const none = write(newFolder(), { ...page, 'package.json': { name: 'page' } });
  await expect(buildPage(none)).rejects.toMatchObject({ name: 'UserMistake' });
});

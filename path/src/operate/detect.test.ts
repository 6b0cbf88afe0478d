import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstProjectFile, nameFrom } from '../cli/init-file.ts';
import type { Event } from '../core/event.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { detect } from '../image/detect.ts';
import { findWorkspace } from '../image/workspace/find-workspace.ts';
import { loadProject } from '../project/load.ts';
import { detectComponents } from './detect.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

const server = (more = {}) => ({ name: 'x', scripts: { start: 'node server.js' }, ...more });
const page = (more = {}) => ({ name: 'x', scripts: { dev: 'vite', build: 'vite build' }, ...more });
const lockfile = (packages: Readonly<Record<string, unknown>> = {}) => ({ lockfileVersion: 3, packages });

/** What `ptp init` writes, read as `ptp up` reads it; fails where `up` would not accept it. */
async function initialised(name = 'My System') {
  const components = await detectComponents(world.folder);
  await world.write({ 'ptp.yaml': firstProjectFile(nameFrom(name), components) });
  const warnings: Event[] = [];
  const project = await loadProject(join(world.folder, 'ptp.yaml'), undefined, {
    env: {},
    emit: (event) => warnings.push(event),
  });
  for (const { source } of project.components) {
    const detected = await detect(source);
    expect(detected).toBeDefined();
    // Builders of npm packages ask for it: dependencies are pinned.
    if (detected?.builder !== 'go') await findWorkspace(source);
  }
  return {
    project,
    warnings,
    components: project.components.map(({ name, route, needs }) => ({ name, route, needs: needs.join() })),
  };
}

describe('ptp init writes what up accepts', () => {
  test('a server alone at the root, without dependencies', async () => {
    await world.write({ 'package.json': server(), 'server.js': '' });
    const { components, warnings, project } = await initialised();
    expect(project.name).toBe('my-system');
    expect(components).toEqual([{ name: expect.stringMatching(/^ptp-operate-/), route: '/', needs: '' }]);
    expect(warnings).toEqual([]);
  });

  test('npm workspaces: the root is no component, and the one nearest to users gets the route', async () => {
    const dependencies = { pg: '8.0.0' };
    await world.write({
      'package.json': { workspaces: ['apps/*', 'packages/*'], scripts: { start: 'node apps/api/server.js' } },
      'package-lock.json': lockfile({
        '': { workspaces: ['apps/*', 'packages/*'] },
        'apps/api': { dependencies },
        'apps/web': {},
        'packages/shared': {},
        'node_modules/pg': { version: '8.0.0' },
      }),
      'apps/api/package.json': server({ dependencies }),
      'apps/api/src/migrate.ts': '',
      'apps/web/package.json': page(),
      'apps/web/index.html': '<p>',
      'packages/shared/package.json': { name: 'shared', main: 'index.js' },
      'node_modules/pg/package.json': server(),
    });
    const { components, project, warnings } = await initialised();
    expect(components).toEqual([
      { name: 'web', route: '/', needs: '' },
      { name: 'api', route: undefined, needs: 'database' },
    ]);
    expect(project.services).toMatchObject([{ name: 'database', type: 'postgres' }]);
    expect(project.components[1]?.migrate).toEqual(['node', 'src/migrate.ts']);
    expect(warnings).toEqual([]);
  });

  test('a Vite page', async () => {
    await world.write({
      'site/package.json': page({ devDependencies: { vite: '8.0.0' } }),
      'site/package-lock.json': lockfile({ '': { devDependencies: { vite: '8.0.0' } } }),
      'site/index.html': '<p>',
    });
    expect((await initialised()).components).toEqual([{ name: 'site', route: '/', needs: '' }]);
  });

  test('a Go module with two programs', async () => {
    await world.write({
      'go.mod': 'module example.com/shop\n\nrequire github.com/jackc/pgx/v5 v5.7.0\n',
      'cmd/api/main.go': 'package main\n',
      'cmd/gateway/main.go': 'package main\n',
      'internal/words/words.go': 'package words\n',
      'vendor/example.com/tool/main.go': 'package main\n',
    });
    const { components, project } = await initialised();
    expect(components).toEqual([
      { name: 'gateway', route: '/', needs: 'database' },
      { name: 'api', route: undefined, needs: 'database' },
    ]);
    expect(project.components.map(({ source }) => source.slice(world.folder.length))).toEqual([
      '/cmd/gateway',
      '/cmd/api',
    ]);
  });

  test('folders that are called alike, like the service, or in no way that DNS knows', async () => {
    await world.write({
      'a/web/package.json': server(),
      'b/web/package.json': server(),
      'database/package.json': server(),
      '2 Über_uns!/package.json': server(),
      [`${'long-'.repeat(12)}/package.json`]: server(),
    });
    const names = (await initialised()).components.map(({ name }) => name);
    expect(names).toEqual([
      'web',
      'b-web',
      'app-2-ber-uns',
      'database-app',
      `${'long-'.repeat(8)}`.slice(0, -1),
    ]);
  });
});

test('a folder with nothing has no component, and neither has what only looks like one', async () => {
  await world.write({
    'README.md': '',
    'library/package.json': { name: 'library', main: 'index.js' },
    'framework/package.json': { scripts: { start: 'next start', build: 'next build' } },
    'node_modules/x/package.json': server(),
    'dist/x/package.json': server(),
    '.hidden/package.json': server(),
    'a/b/c/d/package.json': server(),
  });
  expect(await detectComponents(world.folder)).toEqual([]);
});

test('a package.json that is none is the user’s to mend', async () => {
  await world.write({ 'a/package.json': '{' });
  const error: unknown = await detectComponents(world.folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserMistake);
  expect(error).not.toBeInstanceOf(StepFailed);
  expect((error as UserMistake).problems[0]?.where?.file).toContain('a/package.json');
});

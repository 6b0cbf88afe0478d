import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import { nodeClock } from '../effects/node/clock.ts';
import { nodeProcesses } from '../effects/node/processes.ts';
import { loadProject } from './load.ts';
import type { Target } from './project.ts';
import { checkUncommitted } from './uncommitted.ts';

let repository: string;
let events: Event[];
let context: Context;
beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), 'ptp-uncommitted-'));
  events = [];
  context = {
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    clock: nodeClock,
    processes: nodeProcesses,
    cache: repository,
  };
  await write({
    'shop/ptp.yaml': 'name: shop\ncomponents:\n  web: { source: web, route: / }\n',
    'shop/web/main.js': 'console.log(1);\n',
    'shop/web/old.js': 'console.log(0);\n',
    'other/file': 'not of the project\n',
  });
});
afterEach(() => rm(repository, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), content);
  }
}

function commit(): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'all');
}

/** The problem that it is refused for; undefined where it goes through. */
async function refused(uncommitted: NonNullable<Target['uncommitted']>) {
  const project = await loadProject(join(repository, 'shop/ptp.yaml'), undefined, { env: {} });
  const asked = { ...project, target: { ...project.target, uncommitted } };
  try {
    await checkUncommitted(context, asked);
    return undefined;
  } catch (error) {
    if (error instanceof UserMistake) return error.problems[0];
    throw error;
  }
}

test('sources as a commit has them go through; what is beside the project does not count', async () => {
  commit();
  await write({ 'other/file': 'changed\n' });
  expect(await refused('block')).toBeUndefined();
  expect(events).toEqual([]);
});

test('changed, new and deleted files are refused by name, as seen from the project', async () => {
  commit();
  await write({ 'shop/web/main.js': 'console.log(2);\n', 'shop/web/größer name.js': '' });
  await rm(join(repository, 'shop/web/old.js'));
  const problem = await refused('block');
  expect(problem).toMatchObject({
    what: expect.stringMatching(/^these sources are not as commit [0-9a-f]{12} has them$/),
    where: { key: 'targets.local.uncommitted' },
    next: expect.stringContaining('Commit'),
  });
  expect(problem?.details?.toSorted()).toEqual([
    'changed: web/main.js',
    'deleted: web/old.js',
    'new: web/größer name.js',
  ]);
});

test('of many files the first are named, and how many there are beside them', async () => {
  commit();
  await write(Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`shop/web/more-${n}.js`, ''])));
  const { details = [] } = (await refused('block')) ?? {};
  expect(details).toHaveLength(11);
  expect(details.at(-1)).toBe('and 3 more');
});

test('where nothing tells of a commit that is refused as well', async () => {
  expect(await refused('block')).toMatchObject({
    what: expect.stringContaining('nothing tells which commit'),
  });
});

test('`warn` tells of them and goes on, `allow` says nothing', async () => {
  commit();
  await write({ 'shop/web/main.js': 'console.log(2);\n' });
  expect(await refused('allow')).toBeUndefined();
  expect(events).toEqual([]);
  expect(await refused('warn')).toBeUndefined();
  expect(events).toMatchObject([{ kind: 'warning', problem: { details: ['changed: web/main.js'] } }]);
});

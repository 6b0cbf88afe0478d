import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CostReport, Saving } from '../../core/cost.ts';
import { StepFailed } from '../../core/failure.ts';
import { loadProject } from '../../project/load.ts';
import type { Project } from '../../project/project.ts';
import type { Actions, Preview } from '../actions.ts';
import type { Invocation, JsonObject } from '../command.ts';
import { applySaving } from './apply-saving.ts';

const before = `name: shop
components:
  web: # the page
    source: .
    route: /
`;
const after = `${before}    resources:\n      cpu: 25m\n`;

const saving = (name: string, month: number, edits?: Saving['edits']): Saving => ({
  name,
  what: 'It uses little.',
  month,
  risk: 'It may get less.',
  ...(edits === undefined ? {} : { edits }),
});
const smaller = saving('right-size web', 5, [
  { path: ['components', 'web', 'resources', 'cpu'], value: '25m' },
]);
const fewer = saving('fewer copies', 3, [{ path: ['components', 'web', 'replicas'], value: 1 }]);
const report = {
  currency: 'USD',
  savings: [saving('a smaller machine', 100), smaller, fewer],
} as unknown as CostReport;
const preview: Preview = {
  cluster: 'running',
  serving: 3,
  images: [],
  changes: [
    {
      change: 'configured',
      object: 'shop/deployment/web',
      fields: [{ path: '.spec.x', before: 1, after: 2 }],
    },
  ],
  migrations: [],
  nothing: false,
};

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-saving-'));
  file = join(folder, 'ptp.yaml');
  await writeFile(file, before);
  await writeFile(join(folder, 'package.json'), '{}');
});
afterEach(() => rm(folder, { recursive: true }));

/** What the command asked for, wrote and said. */
async function apply(
  word: string | undefined,
  given: {
    readonly answer?: string;
    readonly yes?: boolean;
    readonly preview?: Partial<Preview>;
    readonly meanwhile?: () => Promise<void>;
  } = {},
  up: () => Promise<unknown> = async () => ({ record: { number: 4 }, release: { rolled: ['web'] } }),
) {
  const raised: Project[] = [];
  const results: JsonObject[] = [];
  const asked: string[] = [];
  const text: string[] = [];
  const actions = {
    plan: async () => {
      await given.meanwhile?.();
      return { ...preview, ...given.preview };
    },
    up: async (project: Project) => {
      raised.push(project);
      // It is in the file by the time that it goes out.
      expect(await readFile(file, 'utf8')).not.toBe(before);
      return up();
    },
  } as unknown as Actions;
  const invocation = {
    load: (edited?: string) => loadProject(file, undefined, { env: {}, ...(edited ? { text: edited } : {}) }),
    actions,
    session: { emit: () => {}, signal: new AbortController().signal },
    output: {
      look: { color: false, columns: 100 },
      result: (value: JsonObject, said: string) => {
        results.push(value);
        text.push(said);
      },
    },
    flags: new Set(given.yes === true ? ['yes'] : []),
    ...(given.answer === undefined
      ? {}
      : {
          ask: async (question: string) => {
            asked.push(question);
            return given.answer;
          },
        }),
    file,
  } as unknown as Invocation;
  const code = await applySaving(invocation, report, word);
  return { code, raised, result: results[0], asked: asked.join(''), text: text.join('') };
}

test('the one that saves most of those that ptp.yaml decides is shown, asked for, written and released', async () => {
  const { code, raised, result, asked } = await apply(undefined, { answer: 'y' });
  expect(code).toBe(0);
  expect(asked).toContain('right-size web: 5.00 USD a month less');
  expect(asked).toContain('risk: It may get less.');
  expect(asked).toContain('+   6     resources:\n  +   7       cpu: 25m\n');
  expect(asked).toContain('deployment/web');
  expect(await readFile(file, 'utf8')).toBe(after);
  expect(raised.map(({ components }) => components[0]?.resources.cpu)).toEqual(['25m']);
  expect(result).toMatchObject({ applied: true, release: 4, rolled: ['web'] });
});

test('by its name, with spaces or without', async () => {
  const { raised } = await apply('fewer-copies', { yes: true });
  expect(raised[0]?.components[0]?.replicas).toBe(1);
  expect(await readFile(file, 'utf8')).toBe(`${before}    replicas: 1\n`);
});

test('who does not agree, or cannot be asked, changes nothing', async () => {
  const { code, raised } = await apply(undefined, { answer: 'n' });
  expect([code, raised]).toEqual([1, []]);
  await expect(apply(undefined)).rejects.toThrow(/no terminal/);
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('a name that there is not, or that ptp.yaml has no word for, is a mistake that names the others', async () => {
  await expect(apply('nothing', { yes: true })).rejects.toThrow(/no saving called nothing/);
  await expect(apply('a-smaller-machine', { yes: true })).rejects.toThrow(/nothing that ptp.yaml says/);
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('a release that fails leaves ptp.yaml as it was', async () => {
  const failing = async () => {
    throw new StepFailed({ what: 'it did not serve' });
  };
  await expect(apply(undefined, { yes: true }, failing)).rejects.toThrow('it did not serve');
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('what was changed while somebody was asked is not overwritten', async () => {
  const other = `${before}# mine\n`;
  await expect(apply(undefined, { yes: true, meanwhile: () => writeFile(file, other) })).rejects.toThrow(
    /changed meanwhile/,
  );
  expect(await readFile(file, 'utf8')).toBe(other);
});

test('where only what is committed goes out, it is written and said so', async () => {
  const refused = { what: 'sources that no commit has', next: 'Commit them.' };
  const { code, raised, text } = await apply(undefined, { yes: true, preview: { refused } });
  expect([code, raised]).toEqual([0, []]);
  expect(text).toContain('commit it, then `ptp up`');
  expect(await readFile(file, 'utf8')).toBe(after);
});

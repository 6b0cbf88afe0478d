import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withEdit } from '../../support/edit.ts';
import { type Ended, jsonResult } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
}

const images = ['gateway', 'backend', 'frontend', 'postgres-17', 'postgres-17-backup'];

/** That what runs is what was intended is proved, and what is not so is found. */
export function verified(system: System): void {
  const { folder } = system.place;
  const page = join(folder, 'system/frontend/src/app.tsx');
  const line = 'Each click makes one, gives it an id, and keeps it.';
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const checksOf = (ended: Ended) => jsonResult(ended).checks as readonly Check[];
  const bad = (ended: Ended) => checksOf(ended).filter(({ ok }) => !ok);
  const commitAndUp = async (word: string): Promise<number> =>
    withEdit(page, [line, line.replace('click', word)], async () => {
      git('commit', '--all', '--quiet', '--message', word);
      return jsonResult(await system.must('up', '--no-wait', '--json')).release as number;
    });

  beforeAll(async () => {
    git('init', '--quiet');
    // A link in the copy, and no folder as .gitignore has it.
    appendFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'all');
    await system.must('up', '--no-wait');
  });
  afterAll(() => rmSync(join(folder, '.git'), { recursive: true, force: true }));

  test('the release that serves: images, evidence, pods and objects', async () => {
    const ended = await system.must('verify', '--json');
    expect(bad(ended)).toEqual([]);
    const text = JSON.stringify(checksOf(ended));
    for (const image of images) expect(text).toContain(`evidence of ${image}`);
    expect(text).toContain('signature, provenance, cyclonedx, spdx');
  });

  test('the release of two rollouts ago, built again from its commit, has the same digests', async () => {
    const first = await commitAndUp('push');
    await commitAndUp('poke');
    await commitAndUp('nudge');
    const ended = await system.must('verify', String(first), '--rebuild', '--json');
    const again = checksOf(ended).filter(({ name }) => /built again/.test(name));
    expect(again.map(({ name }) => name)).toEqual(images.map((image) => `${image}, built again`));
    expect(bad(ended)).toEqual([]);
  });

  test('a tree with changes that no commit has cannot be built again, and that is said', async () => {
    await withEdit(page, [line, line.replace('click', 'jab')], () => system.must('up', '--no-wait'));
    const ended = await system.ptp('verify', '--rebuild', '--json');
    expect(ended.code).toBe(1);
    expect(bad(ended)).toMatchObject([{ found: expect.stringContaining('changes that no commit has') }]);
  });

  test('where the target asks for sources that a commit has, others are refused by name, before anything is made', async () => {
    const target = '    domain: hello.localhost';
    const asking = [target, `    uncommitted: block\n${target}`] as const;
    await withEdit(join(folder, 'ptp.yaml'), asking, async () => {
      git('commit', '--all', '--quiet', '--message', 'ask');
      expect(jsonResult(await system.must('plan', '--json'))).not.toHaveProperty('refused');
      await withEdit(page, [line, line.replace('click', 'prod')], async () => {
        const plan = await system.ptp('plan', '--exit-code', '--json');
        expect(plan.code).toBe(2);
        expect(jsonResult(plan)).toMatchObject({
          refused: { details: ['changed: system/frontend/src/app.tsx'] },
          changes: [{ object: 'hello/deployment/frontend' }],
        });
        const ended = await system.ptp('up', '--json');
        expect(ended.code).toBe(2);
        expect(jsonResult(ended).problems).toMatchObject([
          {
            what: expect.stringContaining('these sources are not as commit'),
            details: ['changed: system/frontend/src/app.tsx'],
          },
        ]);
        expect(ended.stdout).not.toContain('"step-started"');
      });
      await system.must('up', '--no-wait');
    });
    git('commit', '--all', '--quiet', '--message', 'ask no more');
  });

  test('what a hand has changed is found', async () => {
    await system.cluster((client) =>
      client.send({
        method: 'PATCH',
        path: '/apis/apps/v1/namespaces/hello/deployments/backend',
        query: { fieldManager: 'kubectl-edit' },
        contentType: 'application/merge-patch+json',
        body: { spec: { replicas: 3 } },
      }),
    );
    const ended = await system.ptp('verify', '--json');
    expect(ended.code).toBe(1);
    expect(bad(ended)).toMatchObject([
      { name: 'nothing was changed by hand', found: expect.stringContaining('hello/deployment/backend') },
    ]);
    await system.must('up', '--no-wait');
    await system.must('verify');
  });
}

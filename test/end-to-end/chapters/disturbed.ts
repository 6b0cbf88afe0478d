import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { list } from '../../../path/src/kubernetes/list.ts';
import { withEdit } from '../../support/edit.ts';
import { currentRelease, problemsText, releasesOf, takenBack } from '../../support/failing.ts';
import { nodeProgram } from '../../support/host.ts';
import { jsonLines, jsonResult, ptp, startPtp } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

/** What breaks under a release: one clear message each, and the release before serves. */
export function disturbed(system: System): void {
  const { instance } = system;
  const { folder } = system.place;
  const page = join(folder, 'system/frontend/src/app.tsx');
  const line = 'Each click makes one, gives it an id, and keeps it.';
  const word = (other: string) => [line, line.replace('click', other)] as const;
  const file = join(folder, 'ptp.yaml');
  beforeAll(() => system.must('up'));

  test('an API server that is away for 20 s in the middle of a rollout is waited for: no request fails', async () => {
    await withEdit(page, word('tap'), async () => {
      const run = startPtp(system.place, ['up', '--json']);
      await run.saw(
        ({ kind, step, change }) => kind === 'object-applied' && step === 'deploy' && change === 'configured',
      );
      const { pid } = nodeProgram(instance, 'kube-apiserver');
      process.kill(pid, 'SIGSTOP');
      try {
        await pause(20_000);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      const ended = await run.ended;
      expect(ended.code, ended.stdout).toBe(0);
      expect(jsonResult(ended).traffic).toMatchObject({ failed: 0 });
      const said = jsonLines(ended).flatMap(({ kind, text }) => (kind === 'note' ? [String(text)] : []));
      const about = said.filter((text) => text.includes('the API server'));
      expect(about).toEqual([
        expect.stringContaining('does not answer: waiting for it'),
        expect.stringMatching(/answers again, after (1[5-9]|2\d) s/),
      ]);
    });
  });

  test('a migration that hangs is ended at its deadline, with its pod and its last words', async () => {
    const migrate = join(folder, 'system/backend/src/migrate.ts');
    const [first = ''] = readFileSync(migrate, 'utf8').split('\n');
    const hang = "console.log('waiting for a lock');\nawait new Promise(() => setInterval(() => {}, 1000));";
    const limit = ['services:\n', 'rollout: { migrationDeadline: 10 }\nservices:\n'] as const;
    const ended = await withEdit(file, limit, () =>
      takenBack(system, { file: migrate, edit: [first, `${first}\n${hang}`], part: 'backend' }),
    );
    const problems = problemsText(ended);
    expect(problems).toContain('has not come to its end: after 10 s: 1 pod at work');
    expect(problems).toMatch(/pod backend-migrate-\S+, Running/);
    expect(problems).toContain('log waiting for a lock');
    expect(problems).toContain('migrationDeadline');
    // Nothing of it goes on beside the release that serves.
    const jobs = await system.cluster((client) =>
      list(client, { apiVersion: 'batch/v1', kind: 'Job', namespace: 'hello' }),
    );
    expect(jobs.filter(({ status }) => ((status?.active ?? 0) as number) > 0)).toEqual([]);
  });

  test('a node that is full: the message says of what, and the release is taken back', async () => {
    const source = '    source: system/frontend\n';
    const edit = [source, `${source}    resources: { cpu: "500" }\n`] as const;
    const problems = problemsText(await takenBack(system, { file, edit, part: 'frontend' }));
    expect(problems).toContain('Insufficient cpu');
    expect(problems).toContain('Lower `resources`');
  });

  test('a registry that has lost a blob under a rollout is given it again', async () => {
    const before = await currentRelease(system);
    const old = before.images.find(({ name }) => name === 'frontend')?.digest ?? '';
    // A word of its own: the node must not have the image from an earlier run.
    const change = word(`lift ${process.pid}`);
    const ended = await takenBack(system, {
      file: page,
      edit: change,
      part: 'frontend',
      run: async () => {
        const run = startPtp(system.place, ['up', '--json']);
        const { reference } = await run.saw(
          (one) => one.kind === 'image-published' && String(one.reference).includes('/frontend@'),
        );
        const digest = String(reference).split('@')[1] ?? '';
        const [lost] = layersOf(instance, digest).filter((layer) => !layersOf(instance, old).includes(layer));
        rmSync(blob(instance, lost ?? 'none'));
        return run.ended;
      },
    });
    expect(problemsText(ended)).toMatch(/ErrImagePull|ImagePullBackOff/);
    expect(problemsText(ended)).toContain('the registry had lost parts of frontend: they were sent again');
    await withEdit(page, change, () => system.must('up'));
  });

  // Of the tool itself: ptp.yaml has nothing that PostgreSQL could fail by.
  const postgres = join(folder, 'path/src/services/postgres/plan.ts');

  test('a database that does not come up as it is to be is made as it was, and nobody has lost a row', async () => {
    const ended = await takenBack(system, {
      file: postgres,
      edit: ['    command: alone(`', "    command: ['/nothing'] ?? alone(`"],
      part: 'database',
      early: false,
    });
    expect(problemsText(ended)).toContain('serves, with database as before');
    expect(problemsText(ended)).toContain('/nothing');
    expect(JSON.stringify(await releasesOf(system))).toContain('hello/statefulset/database');
  });

  test('a database that came up stays as it is when what comes after it fails, and the message says so', async () => {
    const migrate = join(folder, 'system/backend/src/migrate.ts');
    const [first = ''] = readFileSync(migrate, 'utf8').split('\n');
    const [usual, longer] = ['terminationGracePeriodSeconds: 60', 'terminationGracePeriodSeconds: 61'];
    const ended = await takenBack(system, {
      file: migrate,
      edit: [first, `${first}\nthrow new Error('no such table');`],
      part: 'backend',
      run: () => withEdit(postgres, [usual, longer], () => system.ptp('up', '--json')),
    });
    expect(problemsText(ended)).toMatch(/database: what release \d+ has made of it stays/);
    const [last] = await releasesOf(system);
    expect(JSON.stringify(last?.problems)).toContain('has made of it stays');
    const plan = jsonResult(await system.must('plan', '--json'));
    expect(JSON.stringify(plan.changes)).toContain('terminationGracePeriodSeconds');
    // Who goes back by hand is told so as well, and it is no drift.
    expect((await system.must('rollback', '--json')).stdout).toMatch(
      /services stay as they are, and not as release \d+ had them: database/,
    );
    await system.mustBeWell();
    await system.must('up');
  });

  test('a clock that is a day off: ahead it does no harm, behind it is named, and nothing changes', async () => {
    const at = (offset: string) => ({
      folder,
      env: {
        ...system.place.env,
        LD_PRELOAD: faketime(),
        FAKETIME: offset,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    await system.must('up');
    const before = await currentRelease(system);
    await withEdit(page, word('thump'), async () => {
      const behind = await ptp(at('-1d'), ['up', '--json']);
      expect(behind.code).toBe(1);
      expect(problemsText(behind)).toMatch(/not yet valid.*clock/);
      expect(await currentRelease(system)).toEqual(before);
      const ahead = await ptp(at('+1d'), ['up', '--json']);
      expect(ahead.code, ahead.stdout).toBe(0);
      // Who comes with the right clock goes by what is recorded, not by when.
      const { release } = jsonResult(ahead);
      expect(jsonResult(await system.must('up', '--json'))).toMatchObject({ release, isNew: false });
      const [last] = await releasesOf(system);
      expect(last).toMatchObject({ number: release, current: true, state: 'serving' });
      expect(Date.parse(last?.begun ?? '')).toBeGreaterThan(Date.now());
      await system.mustBeWell();
    });
    const back = await system.must('rollback', '--json');
    expect(jsonResult(back)).toMatchObject({ backTo: before.number });
  });
}

/** Where Debian's faketime has its library on this machine. */
function faketime(): string {
  const found = readdirSync('/usr/lib')
    .map((name) => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error('faketime is not installed');
  return found;
}

/** A file of the registry of the tests' cluster (distribution's own layout). */
function blob(instance: string, digest: string): string {
  const [, hex = ''] = digest.split(':');
  const root = `/var/lib/ptp/${instance}/registry/docker/registry/v2/blobs/sha256`;
  return join(root, hex.slice(0, 2), hex, 'data');
}

function layersOf(instance: string, manifest: string): readonly string[] {
  const { layers } = JSON.parse(readFileSync(blob(instance, manifest), 'utf8')) as {
    readonly layers: readonly { readonly digest: string }[];
  };
  return layers.map(({ digest }) => digest);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { withEdit } from '../../support/edit.ts';
import { currentRelease, problemsText, releasesOf, takenBack } from '../../support/failing.ts';
import { type Ended, type JsonLine, jsonLines, jsonResult, startPtp } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

/** Every change is planned, recorded, and can be undone; what fails is undone by itself. */
export function releasing(system: System): void {
  const inFolder = (path: string) => join(system.place.folder, path);
  const page = inFolder('system/frontend/src/app.tsx');
  const line = 'Each click makes one, gives it an id, and keeps it.';
  const deployment = '/apis/apps/v1/namespaces/hello/deployments/backend';
  beforeAll(() => system.must('up'));

  const releases = () => releasesOf(system);
  const current = () => currentRelease(system);
  const applied = (ended: Ended) =>
    jsonLines(ended)
      .filter(({ kind, change }) => kind === 'object-applied' && change !== 'unchanged')
      .map(({ object, change }) => `${object} ${change}`);
  const planned = ({ changes }: Readonly<Record<string, unknown>>) =>
    (changes as readonly JsonLine[]).map(({ object, change }) => `${object} ${change}`);
  const patch = (body: object, fieldManager = 'kubectl-edit') =>
    system.cluster((client) =>
      client.send({
        method: 'PATCH',
        path: deployment,
        query: { fieldManager },
        contentType: 'application/merge-patch+json',
        body,
      }),
    );

  test('with nothing to do the plan is empty, and `up` makes no release', async () => {
    const before = await current();
    const plan = await system.must('plan', '--exit-code', '--json');
    expect(jsonResult(plan)).toMatchObject({ nothing: true, changes: [], migrations: [] });
    expect(jsonResult(await system.must('up', '--json'))).toMatchObject({
      release: before.number,
      isNew: false,
    });
    expect(await current()).toEqual(before);
  });

  test('a plan says what `up` then does and no more, and changes nothing itself', async () => {
    const before = await current();
    await withEdit(page, [line, line.replace('click', 'push')], async () => {
      const plan = await system.ptp('plan', '--exit-code', '--json');
      expect(plan.code).toBe(3);
      const told = jsonResult(plan);
      expect(planned(told)).toEqual(['hello/deployment/frontend configured']);
      expect(JSON.stringify(told.changes)).toContain('.spec.template.spec.containers[name=frontend].image');
      expect(await current()).toEqual(before);
      const up = await system.must('up', '--json');
      expect(applied(up)).toEqual(planned(told));
      const [event] = jsonLines(up).filter(({ kind }) => kind === 'planned');
      expect(event && planned(event)).toEqual(planned(told));
      expect(jsonResult(up)).toMatchObject({ release: before.number + 1, isNew: true });
      const record = await current();
      expect(record).toMatchObject({ number: before.number + 1, state: 'serving' });
      expect(record.images).not.toEqual(before.images);
    });
  });

  test('rollback serves the release before again, builds nothing, and is a release of its own', async () => {
    const [now, before] = await releases();
    if (now === undefined || before === undefined) throw new Error('there are no two releases');
    const back = await system.must('rollback', '--json');
    console.info(`rollback to the release before: ${back.seconds.toFixed(2)} s`);
    expect(jsonLines(back).filter(({ kind }) => kind === 'image-ready')).toEqual([]);
    expect(jsonResult(back)).toMatchObject({ backTo: before.number, rolled: ['frontend'] });
    const door = await system.door();
    const { body } = await door.send('GET', '/');
    const script = /src="([^"]+\.js)"/.exec(body)?.[1] ?? '';
    expect((await door.send('GET', script)).body).toContain(line);
    expect(await current()).toMatchObject({ number: now.number + 1, backTo: before.number });
    // The sources say the same, so there is nothing to do.
    expect(jsonResult(await system.must('up', '--json'))).toMatchObject({ rolled: [] });
  });

  test('a release that is not there, or never served, is a mistake that names those that did', async () => {
    expect(await system.ptp('rollback', '999')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no release 999.*\n.*There are \d/),
    });
  });

  test('what a hand has changed is shown by status and plan, and put right by up', async () => {
    await system.must('up');
    await patch({ spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 61 } } } });
    const status = await system.ptp('status', '--json');
    expect(status.code).toBe(1);
    const problems = JSON.stringify(jsonResult(status).problems);
    expect(problems).toContain('.spec.replicas is 3, not 2');
    expect(problems).toContain('terminationGracePeriodSeconds is 61, not 60');
    expect(planned(jsonResult(await system.must('plan', '--json')))).toEqual([
      'hello/deployment/backend configured',
    ]);
    const up = await system.must('up', '--json');
    expect(applied(up)).toEqual(['hello/deployment/backend configured']);
    expect(up.stdout).toContain('.spec.replicas was changed with kubectl-edit');
    await system.mustBeWell();
  });

  test('a field that a controller has taken is named with it, and left to it', async () => {
    await patch({ spec: { replicas: 3 } }, 'somebodys-autoscaler');
    const up = await system.ptp('up', '--json');
    expect(up.code).toBe(2);
    expect(JSON.stringify(jsonResult(up).problems)).toContain('somebodys-autoscaler');
    await system.must('up', '--force');
    await system.mustBeWell();
  });

  test('an object that somebody has deleted is drift as well', async () => {
    await system.cluster((client) =>
      client.send({ method: 'DELETE', path: '/api/v1/namespaces/hello/services/frontend' }),
    );
    const status = await system.ptp('status', '--json');
    expect(JSON.stringify(jsonResult(status).problems)).toContain('it is gone');
    expect(applied(await system.must('up', '--json'))).toEqual(['hello/service/frontend created']);
  });

  test('what left ptp.yaml is planned, shown and removed; a service stays with its data', async () => {
    const file = inFolder('ptp.yaml');
    const more = 'components:\n  second:\n    source: system/frontend\n    replicas: 1';
    await withEdit(file, ['components:', more], async () => {
      await system.must('up');
    });
    const gone = ['deployment', 'service', 'serviceaccount'].map((kind) => `hello/${kind}/second deleted`);
    const told = jsonResult(await system.must('plan', '--json'));
    const plan = planned(told);
    expect(plan).toEqual(expect.arrayContaining(gone));
    // What is looked at follows what the system is made of; where alerts go is in the same Secret.
    const settings = (told.changes as readonly JsonLine[]).find(
      ({ object }) => object === 'ptp-monitoring/secret/project-hello',
    );
    expect(settings?.fields).toEqual([
      { path: ".data['rules.json']", before: '[redacted]', after: '[redacted]' },
    ]);
    const up = await system.must('up', '--json');
    expect(applied(up).sort()).toEqual([...plan].sort());
  });

  test('the second one says who is at it and since when, and comes after it', async () => {
    await withEdit(page, [line, line.replace('click', 'knock')], async () => {
      const first = startPtp(system.place, ['up', '--json']);
      await first.saw(({ kind }) => kind === 'planned');
      const second = await system.ptp('rollback', '--json');
      expect((await first.ended).code).toBe(0);
      expect(second.code).toBe(0);
      expect(second.stdout).toMatch(/waiting: \S+@\S+ \(process \d+\) has been at it since 20/);
    });
    await system.must('up');
  });

  test('export gives what kubectl takes, without a Secret', async () => {
    const { stdout } = await system.must('export');
    const objects = parseAllDocuments(stdout).map((one) => one.toJS());
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['Namespace', 'Deployment', 'StatefulSet', 'HTTPRoute', 'NetworkPolicy']),
    );
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    expect(stdout).toMatch(/^# It needs these Secrets.*database-binding/m);
    // The server takes each as it is: applying the same changes nothing.
    const drift = jsonResult(await system.must('plan', '--json'));
    expect(drift).toMatchObject({ nothing: true });
    expect(parse(readFileSync(inFolder('ptp.yaml'), 'utf8')).name).toBe('hello');
  });

  describeFailing(system, inFolder);
}

function describeFailing(system: System, inFolder: (path: string) => string): void {
  test('a release that ends at its start is taken back by itself, with its reason and its last words', async () => {
    const main = inFolder('system/backend/src/main.ts');
    const [first = ''] = readFileSync(main, 'utf8').split('\n');
    const ended = await takenBack(system, {
      file: main,
      edit: [first, `${first}\nthrow new Error('broken on purpose');`],
      part: 'backend',
    });
    const problems = problemsText(ended);
    expect(problems).toMatch(/CrashLoopBackOff|exit code 1/);
    expect(problems).toContain('broken on purpose');
  });

  test('a release that never becomes ready is taken back by itself', async () => {
    await withEdit(
      inFolder('ptp.yaml'),
      ['services:\n', 'rollout: { deadline: 15 }\nservices:\n'],
      async () => {
        const management = inFolder('system/backend/src/management.ts');
        const never = [
          "if (path === '/readyz') return ready();",
          "if (path === '/readyz') return { status: 503, type: problemType, body: problem(503) };",
        ] as const;
        const ended = await takenBack(system, { file: management, edit: never, part: 'backend' });
        expect(problemsText(ended)).toContain('hello/deployment/backend');
        const { traffic } = (await releasesOf(system))[0] ?? {};
        expect(traffic).toMatchObject({ failed: 0 });
      },
    );
  });

  test('a release that fails a tenth of its requests is taken back before it has failed one of a hundred', async () => {
    // A higher rate than usual: what is one of a hundred can be told apart from chance then.
    await withEdit(inFolder('ptp.yaml'), ['services:\n', 'rollout: { rate: 100 }\nservices:\n'], async () => {
      const app = inFolder('system/backend/src/app.ts');
      const begin = '    begin(request, reply);\n    done();';
      const faulty =
        '    begin(request, reply);\n    if (Math.random() < 0.1) void sendProblem(reply, 500);\n    else done();';
      const ended = await takenBack(system, {
        file: app,
        edit: [begin, faulty],
        part: 'backend',
        early: false,
      });
      expect(problemsText(ended)).toMatch(
        /\d+ of \d+ requests failed since the change|answers 500|the count was \d+ and is undefined/,
      );
      const { traffic } = (await releasesOf(system))[0] ?? {};
      if (traffic === undefined) throw new Error('no traffic was measured');
      const share = traffic.failed / traffic.requests;
      console.info(
        `a tenth fails: ${traffic.failed} of ${traffic.requests} requests until it was taken back`,
      );
      expect(traffic.failed).toBeGreaterThan(0);
      expect(share).toBeLessThan(0.01);
    });
  });

  test('a migration that fails blocks the release, and nothing of it has started', async () => {
    const migrate = inFolder('system/backend/src/migrate.ts');
    const [first = ''] = readFileSync(migrate, 'utf8').split('\n');
    const ended = await takenBack(system, {
      file: migrate,
      edit: [first, `${first}\nthrow new Error('no such table');`],
      part: 'backend',
    });
    expect(problemsText(ended)).toContain('no such table');
    const started = jsonLines(ended).filter(
      ({ object, change }) => /deployment/.test(String(object)) && change !== 'unchanged',
    );
    expect(started).toEqual([]);
  });
}

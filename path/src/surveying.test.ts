import { describe, expect, test } from 'vitest';
import { pathParts } from './core/field-path.ts';
import { reasonsFor } from './core/reason.ts';
import { answerOf } from './explain/answer.ts';
import { exercise } from './explain/exercise.ts';
import { topics } from './explain/topics.ts';
import { traceField } from './explain/trace.ts';
import type { AnyObject } from './kubernetes/objects.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { imageOf, plannedObjects, plannedSnapshot } from './surveying.test-support.ts';
import { allReasons, decisions } from './surveying.ts';

const snapshot = await plannedSnapshot();
const pages = await decisions();
const answers = (of: Snapshot) => topics.map((topic) => answerOf(topic, of, pages));

describe('every question of the exercise', () => {
  test.each(exercise.map((one) => [one.question, one.topic]))('%s', (question, name) => {
    const topic = topics.find((one) => one.name === name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    expect(topic.question.toLowerCase()).toContain(question.toLowerCase());
    const answer = answerOf(topic, snapshot, pages);
    expect(answer.facts.length).toBeGreaterThan(0);
    expect(answer.facts.filter(({ ok }) => !ok)).toEqual([]);
    expect(answer.turnedDown.length).toBeGreaterThan(0);
    expect(answer.choice.length).toBeGreaterThan(20);
    expect(answer.costs.length).toBeGreaterThan(20);
  });

  test('every topic is asked for, and links to pages that are there', () => {
    expect(
      topics.map(({ name }) => name).filter((name) => !exercise.some(({ topic }) => topic === name)),
    ).toEqual([]);
    for (const { decisions: numbers } of topics)
      expect(numbers.filter((wanted) => !pages.some(({ number }) => number === wanted))).toEqual([]);
  });
});

describe('the command of a fact', () => {
  const facts = answers(snapshot).flatMap((one) => one.facts);
  const looking = ['cost', 'export', 'history', 'open', 'status', 'verify'];

  test('is one of ptp that only looks, a drill that proves it anew, or asks the served certificate', () => {
    const others = facts
      .map(({ command }) => command)
      .filter((command) => !/^ptp explain \S+\/\S+/.test(command))
      .filter((command) => !looking.includes(/^ptp (\S+)/.exec(command)?.[1] ?? ''));
    expect(
      [...new Set(others.map((command) => command.split(' ').slice(0, 2).join(' ')))].toSorted(),
    ).toEqual(['grep -c', 'openssl s_client', 'ptp drill']);
  });

  test('leads to what is there, and shows the field that the fact is of', () => {
    const traced = facts.flatMap(({ is, command }) => {
      const [, object, , quoted, plain] = /^ptp explain (\S+\/\S+)( "([^"]+)"| (\S+))?$/.exec(command) ?? [];
      return object === undefined ? [] : [{ is, object, path: quoted ?? plain ?? '' }];
    });
    // What a controller makes of a plan, and what it says of it, is in no plan.
    const planned = traced.filter(({ object, path }) => path !== '.status' && !/^pod\//.test(object));
    expect(planned.length).toBeGreaterThan(60);
    const same = planned.filter(({ is, object, path }) => {
      const { value } = traceField({ snapshot, reasons: allReasons, pages }, object, path);
      return is === (typeof value === 'string' ? value : JSON.stringify(value));
    });
    expect(same.length).toBeGreaterThan(15);
  });
});

test('what is known of nodes, releases, images, rules and promises is explained as objects are', () => {
  const trace = (object: string, path: string) =>
    traceField({ snapshot, reasons: allReasons, pages }, object, path);
  expect(trace('secret/database-binding', '.data').value).toMatchObject({ password: '(not shown)' });
  expect(trace('secret/database-binding', '.data').sources).toMatchObject([{ decision: { number: 15 } }]);
  expect(trace('alertrule/DatabaseSlow', '.query').value).toContain('db_query_duration_seconds');
  expect(trace('promise/latency', '.objective').sources).toMatchObject([
    { input: { key: 'slo', set: true } },
  ]);
  expect(trace('release/1', '.images').value).toHaveProperty('backend', imageOf('backend').digest);
  expect(trace('image/backend', '.user')).toMatchObject({ value: '65532:65532', sources: [{}] });
  expect(trace('node/node1', '.status.capacity.cpu').value).toBe('2');
});

test('facts change when the system does', () => {
  const factOf = (of: Snapshot, topic: string, what: string) =>
    answers(of)
      .find((one) => one.topic === topic)
      ?.facts.find((one) => one.what === what);
  const other = imageOf('backend', '9');
  const moved: Snapshot = {
    ...snapshot,
    objects: snapshot.objects.map((one) =>
      one.kind === 'Pod' && one.metadata.name.startsWith('backend')
        ? {
            ...one,
            status: { ...one.status, containerStatuses: [{ imageID: other.reference, restartCount: 3 }] },
          }
        : one,
    ),
    certificates: snapshot.certificates.map((one) => ({ ...one, until: '2026-12-01T10:00:00.000Z' })),
    requests: [],
    watching: {
      health: { monitoring: 'running', healthy: true, alerts: [], budgets: [] },
      rules: (snapshot.watching?.rules ?? []).map(({ live: _, ...rule }) => rule),
    },
  };
  const running = 'containers that run an image of the release';
  expect(factOf(snapshot, 'integrity', running)).toMatchObject({ is: '3 of 3', ok: true });
  expect(factOf(moved, 'integrity', running)).toMatchObject({ is: '2 of 3', ok: false });
  expect(factOf(moved, 'alerts', 'restarts of the pods that run')).toMatchObject({
    is: expect.stringMatching(/^3; /),
    ok: false,
  });
  const known = 'rules that the monitoring has, of those that follow from ptp.yaml';
  expect(factOf(snapshot, 'alerts', known)).toMatchObject({ ok: true });
  expect(factOf(moved, 'alerts', known)).toMatchObject({ is: expect.stringMatching(/^0 of 1\d/), ok: false });
  expect(factOf(moved, 'certificates', 'certificate of hello.localhost')).toMatchObject({ ok: false });
  expect(factOf(moved, 'health', 'requests of backend')).toMatchObject({ is: 'not there', ok: false });
});

test('a pod that was lost with its machine is nothing wrong; one that ended by itself is', () => {
  const ended = (reason: string) => ({
    ...snapshot,
    objects: snapshot.objects.map((one) =>
      one.kind === 'Pod' && one.metadata.name.startsWith('backend')
        ? {
            ...one,
            status: {
              containerStatuses: [
                { name: 'backend', restartCount: 1, lastState: { terminated: { reason, exitCode: 255 } } },
              ],
            },
          }
        : one,
    ),
  });
  const restarts = (of: Snapshot) =>
    answers(of)
      .flatMap(({ facts }) => facts)
      .find(({ what }) => what === 'restarts of the pods that run');
  expect(restarts(ended('Unknown'))).toMatchObject({ is: '1; the last ones with their node', ok: true });
  expect(restarts(ended('Error'))).toMatchObject({ is: '1; backend ended with 255', ok: false });
});

describe('tracing a field', () => {
  const trace = (object: string, path: string) =>
    traceField({ snapshot, reasons: allReasons, pages }, object, path);

  test('leads to its rule, and to the line of ptp.yaml that it comes from', () => {
    const found = trace('deployment/backend', '.spec.template.spec.containers[0].volumeMounts');
    expect(found.sources).toHaveLength(1);
    const [source] = found.sources;
    expect(source).toMatchObject({
      file: 'path/src/deploy/pod.ts',
      input: { key: 'components.backend.needs', file: 'ptp.yaml', set: true },
      decision: { number: 15 },
    });
    const line = snapshot.file.text.split('\n')[(source?.input?.line ?? 0) - 1];
    expect(line).toContain('needs: [database]');
  });

  test('of what ptp.yaml leaves out says that it is the default', () => {
    const found = trace('Deployment/backend', '.spec.template.spec.containers[name=backend].resources');
    expect(found.value).toEqual({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { memory: '256Mi' },
    });
    expect(found.sources.map(({ input }) => [input?.key, input?.set])).toEqual([
      ['components.backend.resources.cpu', false],
      ['components.backend.resources.memory', false],
      ['components.backend.resources.memoryLimit', false],
    ]);
  });

  test('that is not there, of an object that is not there, or by no path is a mistake', () => {
    expect(() => trace('deployment/nothing', '.spec')).toThrow('no deployment called nothing');
    expect(() => trace('daemonset/any', '.spec')).toThrow('nothing here is a daemonset');
    expect(() => trace('deployment/backend', '.spec.nothing')).toThrow('no field .spec.nothing');
    expect(() => trace('deployment/backend', '.spec[')).toThrow('no path');
  });
});

test('every field of every object that the path plans has a reason', async () => {
  const all = await plannedObjects();
  const kinds = new Set(all.map(({ kind }) => kind));
  for (const kind of ['Namespace', 'Secret', 'Job', 'CronJob', 'StatefulSet', 'ValidatingAdmissionPolicy'])
    expect([...kinds]).toContain(kind);
  const without = all.flatMap((object) => {
    const labels = object.metadata.labels ?? {};
    const part =
      labels['ptp.dev/component'] !== undefined
        ? ('component' as const)
        : labels['ptp.dev/service'] !== undefined
          ? ('service' as const)
          : undefined;
    const { apiVersion: _, kind, ...rest } = object as AnyObject;
    return leaves(rest)
      .filter(
        (path) =>
          reasonsFor(allReasons, { kind, ...(part === undefined ? {} : { part }) }, pathParts(path) ?? [])
            .length === 0,
      )
      .map((path) => `${kind}/${object.metadata.name} ${path}`);
  });
  expect(without).toEqual([]);
});

function leaves(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => leaves(entry, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, entry]) =>
    leaves(entry, /[.[\]]/.test(key) ? `${path}['${key}']` : `${path}.${key}`),
  );
}

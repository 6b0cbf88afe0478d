import { expect, test } from 'vitest';
import type { TrafficResult } from '../../core/handover.ts';
import type { Component, Project } from '../../project/project.ts';
import type { Actions, Session, SystemStatus } from '../actions.ts';
import { accept } from './accept.ts';
import { reportText } from './report.ts';

const web = { name: 'web', route: '/', replicas: 2, env: {}, needs: [] } as unknown as Component;
const project = {
  name: 'shop',
  components: [web],
  services: [{ name: 'database' }],
  target: { name: 'aws', cluster: 'eks', namespace: 'shop' },
} as unknown as Project;
const session: Session = { emit: () => {}, signal: new AbortController().signal };
const traffic = {
  requests: 400,
  failed: 0,
  latency: { p99: 31 },
  writes: { checked: 9, missing: 0 },
} as TrafficResult;

/** A system as far as acceptance sees one: it is there or not, in a version, in so many pods. */
class World {
  up = false;
  version = '';
  pods = 2;
  release = 0;
  readonly done: string[] = [];

  actions(changed: Partial<Actions> = {}): Actions {
    const actions: Partial<Actions> = {
      status: async () =>
        (this.up
          ? {
              cluster: { name: 'shop-aws', state: 'running' },
              release: { number: this.release },
              components: [{ name: 'web', ready: this.pods, wanted: this.pods, restarts: 0 }],
              services: [],
              certificates: [{ name: 'shop', until: new Date('2027-01-01') }],
              problems: [],
            }
          : {
              cluster: { name: 'shop-aws', state: 'absent' },
              components: [],
              services: [],
              problems: [],
            }) as SystemStatus,
      plan: async () => ({ cluster: 'running', images: [], changes: [], migrations: [], nothing: true }),
      bill: async () => undefined,
      up: async ({ components }) => {
        const version = JSON.stringify(components[0]);
        const isNew = version !== this.version;
        this.up = true;
        this.version = version;
        this.pods = components[0]?.replicas ?? 0;
        if (isNew) this.release += 1;
        this.done.push(`up ${this.release}`);
        return {
          release: { namespace: 'shop', images: [], rolled: isNew ? ['web'] : [] },
          route: { url: 'https://shop.example.com' },
          record: { number: this.release, isNew },
          traffic,
        };
      },
      rollback: async () => ({ number: 3, backTo: 1, rolled: ['web'], serving: 2.5, traffic }),
      verify: async () => [{ name: 'digests', ok: true, found: 'equal' }],
      drill: async (_project, drill) => {
        this.done.push(drill);
        return { outcome: 'passed', text: 'done', traffic } as never;
      },
      down: async () => {
        this.up = false;
        this.done.push('down');
        return { removed: ['all'], kept: [] };
      },
      ...changed,
    };
    return actions as Actions;
  }
}

let clock = 0;
const options = { keep: false, monotonic: () => (clock += 500), onStage: () => {} };
const run = (actions: Actions, more: Partial<typeof options> = {}) =>
  accept({ actions, project, session }, { ...options, ...more });

test('everything is tried, and taken away again', async () => {
  const world = new World();
  const results = await run(world.actions());
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  expect(world.done.slice(-3)).toEqual(['rotate-database', 'renew', 'down']);
  expect(results.find(({ stage }) => stage === 'roll out')?.found).toBe(
    'release 2 replaced web; 0 of 400 requests failed (p99 31 ms), 0 of 9 rows missing',
  );
  const text = reportText(project, results, { date: '2026-11-26T10:00:00.000Z', version: '1.0.0' });
  expect(text).toContain('all of it passed');
  expect(text).toContain('| roll back | passed | 0.5 | release 1 served again after 2.5 s');
});

test('the first stage that fails is the last, is told, and all is taken away', async () => {
  const world = new World();
  const bad: Partial<Actions> = {
    verify: async () => [{ name: 'drift', ok: false, found: '.spec.replicas' }],
  };
  const results = await run(world.actions(bad));
  expect(results.filter(({ ok }) => !ok)).toMatchObject([
    { stage: 'verify', found: 'drift: .spec.replicas' },
  ]);
  expect(results.at(-1)).toMatchObject({ stage: 'destroy, and look for orphans', ok: true });
  expect(world.done).toEqual(['up 1', 'down']);
  expect(reportText(project, results, { date: '2026-11-26', version: '1' })).toContain('verify failed.');
});

test('an orphan fails it', async () => {
  const left = async () => ({ removed: ['VPC'], kept: [], left: ['volume vol-1'] });
  const results = await run(new World().actions({ down: left }));
  expect(results.at(-1)).toMatchObject({ ok: false, found: 'left: volume vol-1' });
});

test('what is told to be kept stays', async () => {
  const world = new World();
  await run(world.actions(), { keep: true });
  expect(world.up).toBe(true);
});

test('a target that somebody uses is refused before anything is changed', async () => {
  const world = new World();
  world.up = true;
  world.release = 7;
  await expect(run(world.actions())).rejects.toThrow(
    /release 7 runs on target aws: acceptance ends by deleting/,
  );
  expect(world.done).toEqual([]);
});

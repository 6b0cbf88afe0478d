import { expect, test } from 'vitest';
import { type Manifests, releaseBefore } from './record.ts';
import { withRevisions } from './revisions.ts';

const manifests = (revision: string, image = 'web@sha256:1'): Manifests => ({
  services: [],
  ground: [],
  workloads: [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        template: {
          metadata: { annotations: { 'ptp.dev/binding.database': revision, other: 'stays' } },
          spec: { containers: [{ name: 'web', image }] },
        },
      },
    } as Manifests['workloads'][number],
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web' } },
  ],
  route: [],
});

test('pods of a release that runs again read the credentials of today', () => {
  expect(withRevisions(manifests('old'), new Map([['database', 'new']]))).toEqual(manifests('new'));
  expect(withRevisions(manifests('old'), new Map([['cache', 'new']]))).toEqual(manifests('old'));
});

test('a release that differs from what serves in credentials alone is none to go back to', () => {
  const record = (number: number, given: Manifests) =>
    ({
      version: 1,
      number,
      state: 'serving',
      begun: '',
      by: '',
      images: [],
      manifests: given,
      migrations: [],
      changes: [],
      rolled: [],
    }) as const;
  const first = record(1, manifests('old', 'web@sha256:0'));
  const records = [first, record(2, manifests('old')), record(3, manifests('new'))];
  expect(releaseBefore(records)).toBe(first);
});

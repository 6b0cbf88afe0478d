import { expect, test } from 'vitest';
import { live, podWith } from './fixture.ts';
import type { Pod, ReplicaSet } from './objects.ts';
import { newestPods } from './revision.ts';

const ownedBy = (uid: string) => ({ ownerReferences: [{ kind: 'X', name: 'x', uid }] });
const pod = (name: string, owner: string, extra: object = {}): Pod => ({
  ...podWith({}),
  metadata: { name, namespace: 'n', uid: name, ...ownedBy(owner), ...extra },
});
const replicaSet = (uid: string, revision: string): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: uid,
    uid,
    annotations: { 'deployment.kubernetes.io/revision': revision },
    ...ownedBy('u'),
  },
});

test("a Deployment's newest pods are those of its present revision that are not ending", () => {
  const object = live('Deployment', {}, {});
  const deployment = {
    ...object,
    metadata: { ...object.metadata, annotations: { 'deployment.kubernetes.io/revision': '2' } },
  };
  const pods = [
    pod('old', 'rs1'),
    pod('new', 'rs2'),
    pod('ending', 'rs2', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  ];
  const sets = [replicaSet('rs1', '1'), replicaSet('rs2', '2')];
  expect(newestPods(deployment, pods, sets).map(({ metadata }) => metadata.name)).toEqual(['new']);
});

test("a StatefulSet's newest pods bear its update revision", () => {
  const set = live('StatefulSet', {}, { updateRevision: 'b' });
  const pods = [
    pod('old', 'u', { labels: { 'controller-revision-hash': 'a' } }),
    pod('new', 'u', { labels: { 'controller-revision-hash': 'b' } }),
    pod('other', 'v', { labels: { 'controller-revision-hash': 'b' } }),
  ];
  expect(newestPods(set, pods, []).map(({ metadata }) => metadata.name)).toEqual(['new']);
});

import { expect, test } from 'vitest';
import { inApplyOrder, objectId, objectName } from './objects.ts';
import { unwanted } from './prune.ts';

const object = (kind: string, name = 'x', apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'n' },
});

test('what others need comes first, what takes effect on others last, and equals keep their order', () => {
  const kinds = [
    'HTTPRoute',
    'Deployment',
    'Certificate',
    'Secret',
    'Issuer',
    'CustomResourceDefinition',
    'Namespace',
  ];
  expect(inApplyOrder(kinds.map((kind) => object(kind))).map(({ kind }) => kind)).toEqual([
    'Namespace',
    'CustomResourceDefinition',
    'Secret',
    'Certificate',
    'Issuer',
    'Deployment',
    'HTTPRoute',
  ]);
});

test('names an object for people, with its namespace where it has one', () => {
  expect(objectName(object('Deployment'))).toBe('n/deployment/x');
  expect(objectName({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } })).toBe('namespace/n');
});

test('an object stays the same when its group gets a new version', () => {
  expect(objectId(object('Gateway', 'x', 'g.io/v1'))).toBe(objectId(object('Gateway', 'x', 'g.io/v1beta1')));
  expect(objectId(object('Gateway', 'x', 'g.io/v1'))).not.toBe(
    objectId(object('Gateway', 'x', 'other.io/v1')),
  );
});

test('pruning leaves what is wanted, what something else owns, and what is going already', () => {
  const owned = {
    ...object('Job', 'owned'),
    metadata: { name: 'owned', namespace: 'n', ownerReferences: [{ kind: 'CronJob', name: 'c', uid: 'u' }] },
  };
  const going = {
    ...object('Job', 'going'),
    metadata: { name: 'going', namespace: 'n', deletionTimestamp: '2026-01-01T00:00:00Z' },
  };
  const inventory = [object('Job', 'stays'), object('Job', 'goes'), owned, going];
  expect(unwanted(inventory, [object('Job', 'stays')]).map(({ metadata }) => metadata.name)).toEqual([
    'goes',
  ]);
});

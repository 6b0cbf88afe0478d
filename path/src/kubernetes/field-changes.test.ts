import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldChanges } from './field-changes.ts';
import type { AnyObject } from './objects.ts';

const deployment = (containers: readonly object[], more: object = {}): AnyObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', resourceVersion: '1', generation: 3, ...more },
  spec: { replicas: 2, template: { spec: { containers } } },
  status: { readyReplicas: 2 },
});

test('names each field that differs, entries of lists by what tells them apart', () => {
  const before = deployment([{ name: 'a', image: 'x@1', env: [{ name: 'A', value: '1' }] }]);
  const after = deployment([
    { name: 'side', image: 'y' },
    { name: 'a', image: 'x@2', env: [{ name: 'B', value: '2' }] },
  ]);
  const at = '.spec.template.spec.containers';
  expect(fieldChanges(before, after)).toEqual([
    { path: `${at}[name=a].env[name=A]`, before: { name: 'A', value: '1' } },
    { path: `${at}[name=a].env[name=B]`, after: { name: 'B', value: '2' } },
    { path: `${at}[name=a].image`, before: 'x@1', after: 'x@2' },
    { path: `${at}[name=side]`, after: { name: 'side', image: 'y' } },
  ]);
});

test('what the server writes by itself is no change', () => {
  const before = deployment([], { resourceVersion: '1', generation: 1, managedFields: [{ manager: 'a' }] });
  const after = { ...deployment([], { resourceVersion: '2', generation: 2 }), status: { readyReplicas: 0 } };
  expect(fieldChanges(before, after)).toEqual([]);
});

test('keys that are no words are quoted', () => {
  const labelled = (value: string) => deployment([], { labels: { 'app.kubernetes.io/name': value } });
  expect(fieldChanges(labelled('a'), labelled('b'))).toEqual([
    { path: ".metadata.labels['app.kubernetes.io/name']", before: 'a', after: 'b' },
  ]);
});

test('no value of a Secret is ever shown, whatever changes', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9]{8,16}$/);
  const values = fc.dictionary(fc.stringMatching(/^[a-z.]{1,6}$/), word, { maxKeys: 5 });
  const secret = (data: Readonly<Record<string, string>>, name: 'data' | 'stringData'): AnyObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a' },
    [name]: data,
  });
  fc.assert(
    fc.property(
      values,
      values,
      fc.constantFrom('data', 'stringData'),
      fc.boolean(),
      (one, other, part, made) => {
        const shown = JSON.stringify(fieldChanges(made ? undefined : secret(one, part), secret(other, part)));
        for (const value of [...Object.values(one), ...Object.values(other)])
          expect(shown).not.toContain(value);
      },
    ),
  );
});

test('an object differs from itself in nothing', () => {
  fc.assert(
    fc.property(fc.object(), (spec) => {
      const object = deployment([spec]);
      expect(fieldChanges(object, structuredClone(object))).toEqual([]);
    }),
  );
});

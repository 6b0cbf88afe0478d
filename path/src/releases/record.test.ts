import { expect, test } from 'vitest';
import {
  changedServices,
  contentOf,
  imagesOfReleases,
  meantToRun,
  nextNumber,
  parseRecord,
  type ReleaseRecord,
  releaseBefore,
  servicesRelease,
  servingRelease,
} from './record.ts';

const manifests = (image: string): ReleaseRecord['manifests'] => ({
  services: [],
  ground: [],
  workloads: [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: image } }],
  route: [],
});

function release(
  number: number,
  image: string,
  more: Partial<Pick<ReleaseRecord, 'state' | 'backTo' | 'servicesFailed'>> = {},
): ReleaseRecord {
  return {
    version: 1,
    number,
    state: 'serving',
    begun: '2026-11-24T10:00:00.000Z',
    by: 'ann@desk',
    images: [],
    manifests: manifests(image),
    migrations: [],
    changes: [],
    rolled: [],
    ...more,
  };
}

test('what serves is the newest that came to its end', () => {
  expect(servingRelease([])).toBeUndefined();
  const [one, two] = [release(1, 'a'), release(2, 'b')];
  expect(servingRelease([one, two, release(3, 'c', { state: 'failed' })])).toBe(two);
  expect(servingRelease([one, release(2, 'b', { state: 'rolling' })])).toBe(one);
});

test('rollback goes to what served before and ran something else', () => {
  const [a, b] = [release(1, 'a'), release(2, 'b')];
  expect(releaseBefore([a])).toBeUndefined();
  expect(releaseBefore([a, b])).toBe(a);
  // A failed one was never there, and what ran the same brings nothing back.
  expect(releaseBefore([a, b, release(3, 'c', { state: 'failed' })])).toBe(a);
  expect(releaseBefore([a, b, release(3, 'b')])).toBe(a);
});

test('rollback after rollback goes further back, not to and fro', () => {
  const [a, b, c] = [release(1, 'a'), release(2, 'b'), release(3, 'c')];
  const once = [a, b, c, release(4, 'b', { backTo: 2 })];
  expect(releaseBefore(once)).toBe(a);
  expect(releaseBefore([...once, release(5, 'a', { backTo: 1 })])).toBeUndefined();
  // Of a new release after it the one before is what was gone back to, not what was left.
  expect(releaseBefore([...once, release(5, 'd')])).toBe(once[3]);
});

test('a release that was killed goes on under its number; one that failed is tried again as another', () => {
  const rolling = release(2, 'b', { state: 'rolling' });
  expect(nextNumber([], rolling)).toBe(1);
  expect(nextNumber([release(1, 'a'), rolling], rolling)).toBe(2);
  expect(nextNumber([release(1, 'a'), rolling], release(9, 'other'))).toBe(3);
  expect(nextNumber([release(1, 'a'), release(2, 'b', { state: 'failed' })], rolling)).toBe(3);
});

test('equal releases have equal content, whatever they are called and whether a migration ran', () => {
  const migration = { component: 'a', mark: '1' };
  const one = { ...release(1, 'a'), migrations: [{ ...migration, ran: true }] };
  expect(contentOf({ ...one, migrations: [{ ...migration, ran: false }] })).toBe(contentOf(one));
  expect(contentOf({ ...one, migrations: [{ ...migration, mark: '2', ran: true }] })).not.toBe(
    contentOf(one),
  );
  expect(contentOf(release(1, 'b'))).not.toBe(contentOf(release(1, 'a')));
});

test('a record survives being written; what is none is refused; keys of later versions stay', () => {
  const one = release(1, 'a');
  expect(parseRecord(JSON.stringify(one))).toEqual(one);
  expect(parseRecord(JSON.stringify({ ...one, later: 1 }))).toEqual({ ...one, later: 1 });
  for (const text of ['', '{}', 'null', JSON.stringify({ ...one, version: 2 }), '{"version":1}'])
    expect(() => parseRecord(text)).toThrow();
});

test('the images of the newest ten releases that served may run, each named once', () => {
  const image = (name: string) =>
    ({ name, reference: `r/${name}`, digest: `sha256:${'0'.repeat(64)}`, tags: [] }) as const;
  const all = Array.from({ length: 12 }, (_, index) => ({
    ...release(index + 1, 'a', index === 11 ? { state: 'failed' } : {}),
    images: [image(`web-${index + 1}`), image('postgres')],
  }));
  const expected = Array.from({ length: 10 }, (_, index) => `r/web-${index + 2}`);
  expect(imagesOfReleases(all).filter((one) => one !== 'r/postgres')).toEqual(expected);
  expect(imagesOfReleases(all)).toHaveLength(11);
});

test('services are as the newest release left them that they came up in; what serves is told with those', () => {
  const image = (name: string, version: string) =>
    ({ name, reference: `r/${name}@${version}`, digest: `sha256:${'0'.repeat(64)}`, tags: [] }) as const;
  const made = (number: number, version: string, more: Parameters<typeof release>[2] = {}) => {
    const [web, database] = [image('web', version), image('postgres', version)];
    const services = [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db' }, image: database.reference }];
    const one = release(number, version, more);
    return { ...one, images: [web, database], manifests: { ...one.manifests, services } };
  };
  const serving = made(1, 'one');
  const failed = made(2, 'two', { state: 'failed' });
  const broken = made(3, 'three', { state: 'failed', servicesFailed: true });
  const killed = made(4, 'four', { state: 'rolling' });
  expect(servicesRelease([serving])).toBe(serving);
  const all = [serving, failed, broken, killed];
  expect(servicesRelease(all)).toBe(failed);
  expect(changedServices(all, failed.manifests)).toEqual([]);
  expect(changedServices(all, serving.manifests)).toEqual(['db']);
  expect(meantToRun(all)).toEqual({
    ...serving,
    manifests: { ...serving.manifests, services: failed.manifests.services },
    images: [image('web', 'one'), image('postgres', 'two')],
  });
  // What runs may start again, though the release that made it never served.
  expect(imagesOfReleases(all)).toEqual(['r/web@one', 'r/postgres@one', 'r/postgres@two']);
});

import { expect, test } from 'vitest';
import { problemsOf } from './check.ts';
import { googleProject } from './project.test-support.ts';

const whats = (...given: Parameters<typeof googleProject>) =>
  problemsOf(googleProject(...given)).map(({ what }) => what);

test('a target that the services take has no problems', () => {
  expect(whats()).toEqual([]);
  expect(whats({ account: 'my-project-1', zone: 'example.com', databaseClass: 'db-custom-2-7680' })).toEqual(
    [],
  );
  expect(whats({ account: 'example.com:my-project' })).toEqual([]);
});

test.each([
  [{ region: 'eu-west-1' }, 'Google Cloud has no region eu-west-1'],
  [{ region: 'europe-west1-b' }, 'Google Cloud has no region europe-west1-b'],
  [{ account: '123456789012' }, '123456789012 is no id of a Google Cloud project'],
  [{ account: 'My Project' }, 'My Project is no id of a Google Cloud project'],
  [
    { access: ['203.0.113.7/24'] },
    '203.0.113.7/24 begins in the middle of its range: bits after its length are set',
  ],
  [{ access: ['300.0.0.0/8'] }, '300.0.0.0/8 is no range of addresses'],
  [
    { access: Array.from({ length: 51 }, (_, index) => `10.0.${index}.0/24`) },
    'GKE takes 50 ranges of addresses, and these are 51',
  ],
  [{ zone: 'example.org' }, 'the domain shop.example.com is not in the zone example.org'],
  [{ zone: 'hop.example.com' }, 'the domain shop.example.com is not in the zone hop.example.com'],
  [{ databaseClass: 'db.t4g.micro' }, 'db.t4g.micro is no size of a PostgreSQL server in Cloud SQL'],
  [
    { databaseClass: 'db-perf-optimized-N-2' },
    'db-perf-optimized-N-2 is of another edition of Cloud SQL than ENTERPRISE',
  ],
  [
    { databaseClass: 'db-custom-3-7680' },
    'db-custom-3-7680 has not 1 or an even number of processors up to 96',
  ],
  [{ databaseClass: 'db-custom-1-2048' }, 'db-custom-1-2048 has less memory than 3840 MB'],
  [{ databaseClass: 'db-custom-1-3841' }, 'db-custom-1-3841 has a memory that is no multiple of 256 MB'],
  [
    { databaseClass: 'db-custom-8-3840' },
    'db-custom-8-3840 has not between 0.9 and 6.5 GB of memory for each processor',
  ],
] as const)('%j is refused', (cloud, what) => {
  expect(whats(cloud)).toEqual([what]);
});

test('a version that Cloud SQL lacks is refused only where Cloud SQL is used', () => {
  const services = [{ name: 'db', type: 'postgres', version: 12, storage: '1Gi' }] as const;
  expect(whats({}, { services })).toEqual(['Cloud SQL has no PostgreSQL 12']);
  expect(whats({ databases: 'cluster' }, { services })).toEqual([]);
});

test('names that are too long for a cluster are refused', () => {
  expect(whats({}, { name: 'a-very-long-name-of-a-system-that-goes-on' })[0]).toMatch(
    /^a cluster cannot be called/,
  );
});

test('a domain that no public authority certifies needs an authority of its own', () => {
  const { target } = googleProject();
  const local = { target: { ...target, domain: 'shop.localhost' } };
  expect(problemsOf(googleProject({}, local)).map(({ what }) => what)).toEqual([
    'no public authority gives a certificate for shop.localhost',
  ]);
});

import { expect, test } from 'vitest';
import { differences } from './differences.ts';

test('what is not told is no difference, unless leaving out means the usual value', () => {
  const wanted = { access: { enabled: true, ranges: [{ cidr: '10.0.0.0/8' }] } };
  expect(differences(wanted, {})).toEqual([]);
  expect(differences(wanted, { access: {} })).toEqual([]);
  const usual = { omitted: 'usual' } as const;
  expect(differences(wanted, { access: {} }, usual).map(({ path }) => path)).toEqual([
    '.access.enabled',
    '.access.ranges',
  ]);
  expect(differences(wanted, {}, usual).map(({ path }) => path)).toEqual(['.access']);
  expect(differences({ access: { enabled: false, ranges: [] } }, {}, usual)).toEqual([]);
});

test('what the service adds is no difference, and lists have no order', () => {
  const wanted = { ranges: [{ cidr: 'a' }, { cidr: 'b' }] };
  expect(differences(wanted, { ranges: [{ cidr: 'b', name: 'x' }, { cidr: 'a' }], more: 1 })).toEqual([]);
  expect(differences(wanted, { ranges: [{ cidr: 'b' }] })).toEqual([
    { path: '.ranges', before: [{ cidr: 'b' }], after: wanted.ranges },
  ]);
});

test('a path equals the URL that ends in it, and no other', () => {
  const wanted = { network: 'projects/p/global/networks/shop' };
  expect(
    differences(wanted, { network: 'https://www.googleapis.com/compute/v1/projects/p/global/networks/shop' }),
  ).toEqual([]);
  expect(differences(wanted, { network: 'projects/q/global/networks/shop' })).toHaveLength(1);
});

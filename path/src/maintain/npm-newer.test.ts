import { expect, test } from 'vitest';
import { newestPatch } from './newest.ts';
import { lockedOf } from './npm-newer.ts';

const ofLockfile = {
  pg: { version: '8.12.4', overridden: false },
  own: { version: 'file:../own' },
  absent: { missing: true },
};

test('versions are those of the lockfile, of a package that stands alone', () => {
  expect(
    lockedOf(JSON.stringify({ name: 'shop', version: '1.0.0', dependencies: ofLockfile }), 'shop'),
  ).toEqual([{ name: 'pg', version: '8.12.4' }]);
});

test('and of a workspace, of its own dependencies alone', () => {
  const other = { version: '1.0.0', dependencies: { undici: { version: '8.0.0' } } };
  const text = JSON.stringify({
    name: 'all',
    dependencies: { '@shop/backend': { version: '1.0.0', dependencies: ofLockfile }, '@shop/web': other },
  });
  expect(lockedOf(text, '@shop/backend')).toEqual([{ name: 'pg', version: '8.12.4' }]);
  expect(lockedOf('{"name":"all"}', '@shop/backend')).toEqual([]);
});

test('only a newer patch version is taken, and of several the newest', () => {
  expect(newestPatch('8.12.4', ['8.12.5', '8.12.7', '8.13.0', '9.0.0'])).toBe('8.12.7');
  expect(newestPatch('8.12.4', ['8.12.4', '8.12.3', '8.13.0'])).toBeUndefined();
  expect(newestPatch('8.12.4', ['8.12.5-rc.1'])).toBeUndefined();
});

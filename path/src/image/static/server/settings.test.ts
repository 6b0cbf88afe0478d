import { expect, test } from 'vitest';
import { readSettings } from './settings.ts';

test('an empty environment gives the usual settings', () => {
  expect(readSettings({})).toEqual({ root: '/site', port: 8080, managementPort: 9090, drainSeconds: 5 });
});

test('each variable is read', () => {
  const env = {
    ROOT: '/page',
    PORT: '1',
    MANAGEMENT_PORT: '2',
    DRAIN_SECONDS: '0',
    SPA_FALLBACK: '/index.html',
  };
  expect(readSettings(env)).toEqual({
    root: '/page',
    port: 1,
    managementPort: 2,
    drainSeconds: 0,
    fallback: '/index.html',
  });
});

test.each([
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['MANAGEMENT_PORT', '0x10'],
  ['DRAIN_SECONDS', '1.5'],
  ['DRAIN_SECONDS', 'five'],
  ['SPA_FALLBACK', 'true'],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(name);
});

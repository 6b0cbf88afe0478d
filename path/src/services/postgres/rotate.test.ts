import { expect, test } from 'vitest';
import { initScripts } from './credentials.ts';
import { turn } from './rotate.ts';

test('two roles take turns, whatever the role was before', () => {
  expect(turn('shop', 'shop')).toEqual(['shop', 'shop_b']);
  expect(turn('shop', 'shop_b')).toEqual(['shop_b', 'shop']);
  const long = 'x'.repeat(63);
  const [, second] = turn(long, long);
  expect(second).toHaveLength(63);
  expect(turn(long, second)).toEqual([second, long]);
});

test('new data is made with both roles, and what the second one makes belongs to the first', () => {
  const scripts = initScripts('shop', [{ role: 'shop' }, { role: 'shop_b', verifier: 'SCRAM-B' }], 'SCRAM-S');
  const create = scripts['create.sql'].split('\n\n');
  expect(create).toEqual([
    'CREATE ROLE "shop" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;',
    'CREATE ROLE "shop_b" NOSUPERUSER NOCREATEDB NOCREATEROLE;',
    'GRANT "shop" TO "shop_b";',
    'ALTER ROLE "shop_b" SET role TO "shop";',
    'CREATE DATABASE "shop" OWNER "shop";',
    'REVOKE CONNECT ON DATABASE "shop" FROM PUBLIC;',
    'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;',
    '',
  ]);
});

test('a server that starts anew lets in whose turn it is, and not the other', () => {
  const { 'roles.sql': roles } = initScripts(
    'shop',
    [{ role: 'shop' }, { role: 'shop_b', verifier: 'SCRAM-B' }],
    'SCRAM-S',
  );
  expect(roles).toBe(
    `ALTER ROLE "shop" NOLOGIN PASSWORD NULL;\n\nALTER ROLE "shop_b" LOGIN PASSWORD 'SCRAM-B';\n\nALTER ROLE postgres PASSWORD 'SCRAM-S';\n\n`,
  );
});

import { expect, test } from 'vitest';
import { loginsSql } from './rotate.ts';

test('a server that knows the owner alone gets the second role, and only who has a password is let in', () => {
  const sql = loginsSql('shop', [{ role: 'shop' }, { role: 'shop_b', verifier: 'SCRAM-SHA-256$4096:a$b:c' }]);
  expect(sql.split('\n')).toEqual([
    'ALTER ROLE "shop" NOLOGIN PASSWORD NULL;',
    expect.stringContaining(`'CREATE ROLE "shop_b" NOCREATEDB NOCREATEROLE' WHERE NOT EXISTS`),
    'GRANT "shop" TO "shop_b";',
    'ALTER ROLE "shop_b" SET role TO "shop";',
    `ALTER ROLE "shop_b" LOGIN PASSWORD 'SCRAM-SHA-256$4096:a$b:c';`,
    '',
  ]);
});

test('an owner who is let in needs no second role', () => {
  expect(loginsSql('shop', [{ role: 'shop', verifier: 'v' }])).toBe(
    `ALTER ROLE "shop" LOGIN PASSWORD 'v';\n`,
  );
});

import { expect, test } from 'vitest';
import { databasesOf, makeStatements, switchStatements } from './restoration-plan.ts';

const names = databasesOf('hello');

test('the databases beside have names of their own, however long the application’s is', () => {
  expect(names).toEqual({ database: 'hello', beside: 'hello_restoring', replaced: 'hello_replaced' });
  const all = Object.values(databasesOf('x'.repeat(63)));
  expect(new Set(all).size).toBe(3);
  expect(all.every((name) => name.length <= 63)).toBe(true);
});

test('nobody else may come into the database beside', () => {
  expect(makeStatements(names)).toContain('REVOKE CONNECT ON DATABASE "hello_restoring" FROM PUBLIC;');
});

test('the door is closed before connections end, and both names change in one transaction', () => {
  const sql = switchStatements(names, 'r.example.com/hello/database-backup:20261126t031700z');
  const order = [
    'ALLOW_CONNECTIONS false',
    'pg_terminate_backend',
    'BEGIN;',
    'TO "hello_replaced"',
    'TO "hello"',
  ];
  const places = [...order, 'COMMENT ON', 'COMMIT;'].map((text) => sql.indexOf(text));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  // What a pipe takes in one piece (POSIX.1, PIPE_BUF), so the server's console has it all at once.
  expect(Buffer.byteLength(sql)).toBeLessThan(4096);
});

test('what is no name of a backup gets into no statement', () => {
  expect(() => switchStatements(names, "x'; DROP DATABASE hello; --")).toThrow(TypeError);
});

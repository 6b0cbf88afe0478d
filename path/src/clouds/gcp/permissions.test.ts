import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { permissions } from './permissions.ts';

test('the role that people are given has exactly the permissions that are asked about', async () => {
  const file = join(import.meta.dirname, '../../../../docs/permissions/gcp.yaml');
  const role = parse(await readFile(file, 'utf8')) as { readonly includedPermissions: readonly string[] };
  expect(role.includedPermissions).toEqual(permissions);
  expect(new Set(permissions).size).toBe(permissions.length);
});

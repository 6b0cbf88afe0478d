import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { covers, lacking, neededActions } from './permissions.ts';
import { roles } from './resources/assignment.ts';

const docs = join(import.meta.dirname, '../../../../docs');
const role = JSON.parse(readFileSync(join(docs, 'permissions/azure.json'), 'utf8'));

test('the documented role has what is needed, and nothing else', () => {
  expect(role.Actions).toEqual([...neededActions].sort());
  expect(role.DataActions).toEqual([]);
});

test('the documented condition lets the role give away no other roles than these', () => {
  const page = readFileSync(join(docs, 'clouds/azure.md'), 'utf8');
  const condition = /GuidEquals \{([^}]*)\}/.exec(page)?.[1]?.split(/,\s*/);
  expect(condition?.toSorted()).toEqual(Object.values(roles).toSorted());
});

test('the wildcards of a role are for any words, whatever the case; its exceptions are its own', () => {
  expect(covers(['Microsoft.Network/*'], 'microsoft.network/dnsZones/A/write')).toBe(true);
  expect(covers(['*/read'], 'Microsoft.Network/dnsZones/write')).toBe(false);
  expect(lacking([{ actions: ['*'], notActions: [] }])).toEqual([]);
  const contributor = {
    actions: ['*'],
    notActions: ['Microsoft.Authorization/*/write', 'Microsoft.Authorization/*/delete'],
  };
  expect(lacking([contributor])).toEqual([
    'Microsoft.Authorization/roleAssignments/write',
    'Microsoft.Authorization/roleAssignments/delete',
  ]);
  const administrator = { actions: ['Microsoft.Authorization/roleAssignments/*'], notActions: [] };
  expect(lacking([contributor, administrator])).toEqual([]);
});

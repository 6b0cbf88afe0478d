import { expect, test } from 'vitest';
import type { CloudTarget, Project } from '../../project/project.ts';
import { checkAzure } from './check.ts';

function project(cloud: Partial<CloudTarget>, over: { name?: string; domain?: string } = {}): Project {
  const { name = 'shop', domain = 'shop.example.com' } = over;
  const whole = { kind: 'aks', region: 'westeurope', access: [], databases: 'managed', ...cloud };
  return { name, services: [], target: { name: 'azure', domain, cloud: whole } } as unknown as Project;
}

const problems = (...given: Parameters<typeof project>) =>
  checkAzure(project(...given)).map(({ what }) => what);

test('what Azure takes is no problem', () => {
  expect(
    problems({
      account: '11111111-2222-4333-8444-555555555555',
      zone: 'example.com',
      access: ['203.0.113.0/24', '198.51.100.7/32'],
      databaseClass: 'Standard_D2ds_v5',
    }),
  ).toEqual([]);
});

test.each<[string, Partial<CloudTarget>, RegExp]>([
  ['a region without zones', { region: 'westus' }, /no AKS Automatic in a region westus/],
  ['a region of another cloud', { region: 'eu-west-1' }, /eu-west-1/],
  ['an account that is a name', { account: 'my-subscription' }, /no subscription's identifier/],
  ['a zone that the domain is not in', { zone: 'example.org' }, /not in the zone example.org/],
  ['a zone that the domain only ends like', { zone: 'op.example.com' }, /not in the zone/],
  ['a range that is none', { access: ['203.0.113.300/24'] }, /no such range/],
  ['a length that is none', { access: ['203.0.113.0/33'] }, /no such range/],
  ['a range that begins elsewhere', { access: ['203.0.113.7/24'] }, /not where a range/],
  ['private addresses', { access: ['10.0.0.0/8'] }, /private addresses/],
  ['a size of another cloud', { databaseClass: 'db.t4g.micro' }, /no database server is as large as/],
])('%s is refused before any call', (_, cloud, message) => {
  const found = problems(cloud);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
});

test('a size does not matter where no database is the cloud’s', () => {
  expect(problems({ databases: 'cluster', databaseClass: 'whatever' })).toEqual([]);
});

test('names that are too long together, and a domain of one word', () => {
  expect(problems({}, { name: 'a'.repeat(50) })[0]).toMatch(/too long/);
  expect(problems({}, { domain: 'shop' })[0]).toMatch(/two words at least/);
});

test('every problem is told at once, each with its key', () => {
  const all = checkAzure(project({ region: 'mars', zone: 'example.org', access: ['10.0.0.0/8'] }));
  expect(all.map(({ where }) => where?.key)).toEqual([
    'targets.azure.region',
    'targets.azure.zone',
    'targets.azure.access[0]',
  ]);
});

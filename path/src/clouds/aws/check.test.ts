import { expect, test } from 'vitest';
import type { CloudTarget, Project } from '../../project/project.ts';
import { check } from './check.ts';
import { shop } from './project.test-support.ts';

const told = (cloud: Partial<CloudTarget>, alter: (project: Project) => Project = (project) => project) =>
  check(alter(shop(cloud))).map(({ where, what }) => `${where?.key}: ${what}`);

test('what AWS takes is not refused', () => {
  expect(check(shop())).toEqual([]);
  expect(
    check(
      shop({
        account: '123456789012',
        access: ['203.0.113.0/24', '198.51.100.7/32', '0.0.0.0/0'],
        databaseClass: 'db.r7g.2xlarge',
        zone: 'acme.dev',
      }),
    ),
  ).toEqual([]);
});

test.each<[Partial<CloudTarget>, RegExp]>([
  [{ region: 'eu-west-9' }, /region: eu-west-9 is no region of AWS/],
  [{ region: 'us-gov-west-1' }, /region: us-gov-west-1 is no region/],
  [{ account: '12345' }, /account: 12345 is no number of an AWS account/],
  [{ databaseClass: 'db.nonsense' }, /databaseClass: db.nonsense is no class/],
  [{ databaseClass: 'db.m7g.micro' }, /databaseClass: db.m7g.micro is no class/],
  [{ databaseClass: 'db.t4g.micro', databases: 'cluster' }, /databaseClass: databases run in the cluster/],
  [{ access: ['10.0.0.0/8'] }, /access: 10.0.0.0\/8 is a range of private or reserved addresses/],
  [{ access: ['192.168.1.0/24'] }, /private or reserved/],
  [{ access: ['100.64.0.0/12'] }, /private or reserved/],
  [{ access: ['203.0.113.5/24'] }, /does not begin where such a range can begin/],
  [{ access: ['203.0.300.0/24'] }, /is no range of addresses/],
  [{ access: ['203.0.113.0/33'] }, /is no range of addresses/],
  [{ access: Array.from({ length: 41 }, (_, index) => `203.0.113.${index}/32`) }, /41 ranges are more/],
  [{ zone: 'other.dev' }, /zone: shop.acme.dev is not in the zone other.dev/],
  [{ zone: 'me.dev' }, /not in the zone me.dev/],
])('%j is refused before any call', (cloud, why) => {
  const problems = told(cloud);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(why);
});

test('names that ECR, IAM and RDS do not take are refused, each where it is written', () => {
  const named = (name: string) => (project: Project) => ({ ...project, name });
  expect(told({}, named('my--shop'))).toEqual([
    expect.stringMatching(/^name: my--shop-aws has two hyphens in a row/),
  ]);
  expect(told({}, named('a'.repeat(40)))).toEqual([]);
  expect(
    told({}, (project) => ({
      ...project,
      name: 'a'.repeat(40),
      services: project.services.map((service) => ({ ...service, name: 'b'.repeat(30) })),
    })),
  ).toEqual([expect.stringMatching(/^services.b+: a+-aws-b+ is too long for a server of RDS/)]);
});

test.each(['shop.localhost', 'shop', 'shop.internal', 'shop.example'])(
  'the domain %s has no name servers',
  (domain) => {
    expect(told({}, (project) => ({ ...project, target: { ...project.target, domain } }))).toEqual([
      expect.stringMatching(/domain: .* is no domain that the Internet knows/),
    ]);
  },
);

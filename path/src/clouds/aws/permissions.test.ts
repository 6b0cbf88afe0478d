import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { needed } from './permissions.ts';

const policy = JSON.parse(
  readFileSync(new URL('../../../../docs/permissions/aws.json', import.meta.url), 'utf8'),
) as { readonly Statement: readonly { readonly Action: readonly string[] }[] };
const allowed = new Set(policy.Statement.flatMap(({ Action }) => Action));

const services: Readonly<Record<string, string>> = {
  ec2: 'ec2',
  ecr: 'ecr',
  eks: 'eks',
  elb: 'elasticloadbalancing',
  iam: 'iam',
  quotas: 'servicequotas',
  rds: 'rds',
  route53: 'route53',
  secrets: 'secretsmanager',
};

/** `ec2:CreateVpc`, for every call that the sources of this folder make of a client. */
function called(): readonly string[] {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.test/.test(file),
  );
  const names = Object.keys(services).join('|');
  const call = new RegExp(`(?:\\bapi\\.|\\b)(${names})(?:\\(\\)\\))?\\s*\\.([a-z][A-Za-z]+)\\(`, 'g');
  const found = files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(call)].map(
      ([, client = '', method = '']) =>
        `${services[client]}:${method.charAt(0).toUpperCase()}${method.slice(1)}`,
    ),
  );
  return [...new Set(found)].sort();
}

test('every action that is called is in the policy for the caller', () => {
  const actions = called();
  expect(actions.length).toBeGreaterThan(60);
  expect(actions.filter((action) => !allowed.has(action))).toEqual([]);
});

test('what is simulated is in the policy, and no statement allows everything of a service', () => {
  expect(needed.flatMap(({ actions }) => actions).filter((action) => !allowed.has(action))).toEqual([]);
  for (const action of allowed) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z0-9]+$/);
});

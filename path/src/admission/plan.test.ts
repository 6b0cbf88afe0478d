import { expect, test } from 'vitest';
import type { Project } from '../project/project.ts';
import { planAdmission, probe } from './plan.ts';

const project = { name: 'shop', target: { namespace: 'shop-staging' } } as Project;
const { policy, binding } = planAdmission(project);

test('the policy concerns the project’s namespace alone, and refuses where it cannot be evaluated', () => {
  expect(policy.spec?.matchConstraints?.namespaceSelector).toEqual({
    matchLabels: { 'kubernetes.io/metadata.name': 'shop-staging' },
  });
  expect(policy.spec?.failurePolicy).toBe('Fail');
  expect(binding.spec).toEqual({ policyName: policy.metadata.name, validationActions: ['Deny'] });
});

test('two targets of a project on one cluster have a policy each', () => {
  const other = { ...project, target: { ...project.target, namespace: 'shop-production' } };
  expect(planAdmission(other).policy.metadata.name).not.toBe(policy.metadata.name);
});

test('every kind that makes pods is looked at, when it is made and when it is changed', () => {
  const rules = policy.spec?.matchConstraints?.resourceRules ?? [];
  expect(rules.flatMap(({ resources }) => resources).sort()).toEqual([
    'cronjobs',
    'daemonsets',
    'deployments',
    'jobs',
    'pods',
    'pods/ephemeralcontainers',
    'replicasets',
    'replicationcontrollers',
    'statefulsets',
  ]);
  for (const { operations } of rules) expect(operations).toEqual(['CREATE', 'UPDATE']);
});

test('each refusal names the project and says what to do', () => {
  const texts = policy.spec?.validations?.map(({ message }) => message) ?? [];
  expect(new Set(texts).size).toBe(3);
  for (const text of texts) expect(text).toMatch(/^shop refuses .*Carry it with `ptp up`\.$/);
});

test('the probe makes no pod', () => {
  expect(probe(project, 'an-image').spec?.replicas).toBe(0);
});

import { expect, test } from 'vitest';
import type { Deployment } from '../kubernetes/objects.ts';
import type { Component, Project } from '../project/project.ts';
import { jobBeside } from './migrate-beside.ts';

const project = {
  name: 'shop',
  components: [],
  services: [],
  target: { namespace: 'n' },
} as unknown as Project;
const component = {
  name: 'backend',
  needs: ['database'],
  migrate: ['node', 'migrate.ts'],
} as unknown as Component;
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'backend' },
  spec: {
    selector: {},
    template: {
      spec: {
        serviceAccountName: 'backend',
        containers: [
          {
            name: 'backend',
            image: 'r/backend@sha256:1',
            env: [{ name: 'A', value: 'b' }],
            ports: [{ containerPort: 1 }],
            livenessProbe: {},
            volumeMounts: [{ name: 'binding-database', mountPath: '/bindings/database' }],
          },
        ],
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'binding-database', secret: { secretName: 'database-binding', defaultMode: 288 } },
          { name: 'binding-other', secret: { secretName: 'other-binding' } },
        ],
      },
    },
  },
} as unknown as Deployment;
const beside = { service: 'database', secret: 'database-binding-restoring' };

test('the migration of what serves runs with its image and surroundings, on the other data alone', () => {
  const pod = jobBeside(project, component, deployment, beside)?.spec?.template.spec;
  expect(pod?.containers).toMatchObject([
    {
      name: 'migrate',
      image: 'r/backend@sha256:1',
      command: ['node', 'migrate.ts'],
      env: [{ name: 'A', value: 'b' }],
    },
  ]);
  expect(pod?.containers[0]).not.toHaveProperty('livenessProbe');
  expect(pod?.containers[0]).not.toHaveProperty('ports');
  expect(pod?.volumes?.flatMap(({ secret }) => secret?.secretName ?? [])).toEqual([
    'database-binding-restoring',
    'other-binding',
  ]);
});

test('a component without a migration has no Job', () => {
  const { migrate: _, ...without } = component;
  expect(jobBeside(project, without, deployment, beside)).toBeUndefined();
});

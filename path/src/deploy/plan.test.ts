import { describe, expect, test } from 'vitest';
import type { Binding, PublishedImage } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import type {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  KubernetesObject,
  ServiceAccount,
  ServiceObject,
} from '../kubernetes/objects.ts';
import type { Component, Project } from '../project/project.ts';
import { smallComponent } from '../project/testing/small-component.ts';
import { smallProject } from '../project/testing/small-project.ts';
import { planDeploy } from './plan.ts';

const component = smallComponent('gateway', {
  replicas: 2,
  resources: { cpu: '50m', memory: '64Mi', memoryLimit: '128Mi' },
});

const project = (...components: Component[]): Project =>
  smallProject(
    { components, services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }] },
    { namespace: 'shop' },
  );

const image = (name: string, letter = 'a'): PublishedImage => ({
  name,
  digest: `sha256:${letter.repeat(64)}`,
  reference: `registry/shop/${name}@sha256:${letter.repeat(64)}`,
  tags: ['v1'],
});

const binding: Binding = {
  name: 'database',
  secret: 'database-binding',
  revision: 'r1',
  selector: { 'ptp.dev/service': 'database' },
  port: 5432,
};

const backend: Component = {
  ...component,
  name: 'backend',
  needs: ['database'],
  migrate: ['node', 'migrate.js'],
};

function planOf(components: readonly Component[], letter = 'a', bindings: readonly Binding[] = [binding]) {
  const images = components.map(({ name }) => image(name, letter));
  return planDeploy({ project: project(...components), images, bindings });
}

function find<T extends KubernetesObject>(
  objects: readonly KubernetesObject[],
  kind: string,
  name = 'gateway',
): T {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`${kind} ${name} was not planned`);
  return found as T;
}

const deploymentOf = (plan: ReturnType<typeof planOf>, name = 'gateway') =>
  find<Deployment>(plan.workloads, 'Deployment', name);
const podOf = (plan: ReturnType<typeof planOf>, name = 'gateway') =>
  deploymentOf(plan, name).spec?.template.spec;

describe('every pod', () => {
  const plan = planOf([component, backend]);
  const pods = [podOf(plan), podOf(plan, 'backend'), plan.migrations[0]?.job.spec?.template.spec];

  test.each(pods.map((pod, index) => [index, pod]))(
    'keeps to the restricted standard and holds no token (%i)',
    (_, pod) => {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod?.containers ?? [])
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    },
  );

  test.each(pods.map((pod, index) => [index, pod]))(
    'is pinned by digest and limited in memory, not in processor time (%i)',
    (_, pod) => {
      for (const container of pod?.containers ?? []) {
        expect(container.image).toMatch(/@sha256:a{64}$/);
        expect(container.resources).toEqual({
          requests: { cpu: '50m', memory: '64Mi' },
          limits: { memory: '128Mi' },
        });
      }
    },
  );
});

test('an image without its digest in the reference is not deployed', () => {
  const images = [{ ...image('gateway'), reference: 'registry/shop/gateway:latest' }];
  expect(() => planDeploy({ project: project(component), images, bindings: [] })).toThrow(/digest/);
});

test('a rollout never has fewer pods than asked for, and a pod leaves the addresses before its end', () => {
  const plan = planOf([component]);
  expect(deploymentOf(plan).spec?.strategy?.rollingUpdate).toEqual({ maxSurge: 2, maxUnavailable: 0 });
  const pod = podOf(plan);
  const leave = pod?.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
  expect(leave).toBeGreaterThan(0);
  expect(pod?.terminationGracePeriodSeconds ?? 0).toBeGreaterThan(leave + 25);
});

test('the management port has probes and no address', () => {
  const plan = planOf([component]);
  const [container] = podOf(plan)?.containers ?? [];
  for (const probe of [container?.startupProbe, container?.livenessProbe, container?.readinessProbe])
    expect(probe?.httpGet?.port).toBe('management');
  const ports = find<ServiceObject>(plan.ground, 'Service').spec?.ports ?? [];
  expect(ports.map(({ port, targetPort }) => [port, targetPort])).toEqual([[8080, 'http']]);
});

test('only where there are several pods there is a disruption budget', () => {
  const kinds = (replicas: number) => planOf([{ ...component, replicas }]).workloads.map(({ kind }) => kind);
  expect(kinds(2)).toContain('PodDisruptionBudget');
  expect(kinds(1)).not.toContain('PodDisruptionBudget');
});

test('variables of ptp.yaml are set, and go before those of the path', () => {
  const env = podOf(planOf([{ ...component, env: { A: 'b', PORT: '8081' } }]))?.containers[0]?.env;
  expect(env).toEqual([
    { name: 'PORT', value: '8081' },
    { name: 'MANAGEMENT_PORT', value: '9090' },
    { name: 'A', value: 'b' },
  ]);
});

describe('bindings', () => {
  test('are mounted below SERVICE_BINDING_ROOT, readable by the pod alone', () => {
    const pod = podOf(planOf([backend]), 'backend');
    const [container] = pod?.containers ?? [];
    expect(container?.env).toContainEqual({ name: 'SERVICE_BINDING_ROOT', value: '/bindings' });
    expect(container?.volumeMounts).toContainEqual({
      name: 'binding-database',
      mountPath: '/bindings/database',
      readOnly: true,
    });
    const volume = pod?.volumes?.find(({ name }) => name === 'binding-database');
    expect(volume?.secret).toEqual({ secretName: 'database-binding', defaultMode: 0o440 });
    expect(pod?.securityContext?.fsGroup).toBeGreaterThan(0);
  });

  test('roll the pods when their content changes', () => {
    const template = (revision: string) =>
      JSON.stringify(
        deploymentOf(planOf([backend], 'a', [{ ...binding, revision }]), 'backend').spec?.template,
      );
    expect(template('r1')).not.toBe(template('r2'));
    expect(template('r1')).toBe(template('r1'));
  });

  test('that nothing provides are a fault', () => {
    expect(() => planOf([backend], 'a', [])).toThrow(/database/);
  });
});

describe('files', () => {
  const withFiles = (files: Record<string, string>) => planOf([{ ...component, files }]);
  const mapOf = (plan: ReturnType<typeof planOf>) =>
    find<ConfigMap>(
      plan.ground,
      'ConfigMap',
      plan.ground.find(({ kind }) => kind === 'ConfigMap')?.metadata.name,
    );

  test('arrive at their paths', () => {
    const plan = withFiles({ '/etc/a/b.json': 'one', '/etc/a-b.json': 'two' });
    const { data, immutable } = mapOf(plan);
    expect(immutable).toBe(true);
    const mounts = podOf(plan)?.containers[0]?.volumeMounts?.filter(({ name }) => name === 'files') ?? [];
    const arrived = Object.fromEntries(
      mounts.map(({ mountPath, subPath }) => [mountPath, data?.[subPath ?? '']]),
    );
    expect(arrived).toEqual({ '/etc/a/b.json': 'one', '/etc/a-b.json': 'two' });
  });

  test('are another map when they change, so that the pods before keep theirs', () => {
    expect(mapOf(withFiles({ '/a': '1' })).metadata.name).not.toBe(
      mapOf(withFiles({ '/a': '2' })).metadata.name,
    );
  });
});

describe('migrations', () => {
  test('run the new image with the bindings, under a name of their own', () => {
    const [migration] = planOf([backend]).migrations;
    const pod = migration?.job.spec?.template;
    expect(pod?.spec?.containers[0]).toMatchObject({
      command: ['node', 'migrate.js'],
      image: image('backend').reference,
    });
    expect(pod?.spec?.containers[0]?.volumeMounts).toContainEqual(
      expect.objectContaining({ mountPath: '/bindings/database' }),
    );
    const selector = find<ServiceObject>(planOf([backend]).ground, 'Service', 'backend').spec?.selector ?? {};
    const caught = Object.entries(selector).every(([key, value]) => pod?.metadata?.labels?.[key] === value);
    // A minute more than whoever waits for it gives it.
    expect(migration?.job.spec?.activeDeadlineSeconds).toBe(660);
    expect(caught, 'the Service must send nothing to the pod of a migration').toBe(false);
  });

  test('are the same for the same inputs, and others for another image', () => {
    const mark = (letter: string) => planOf([backend], letter).migrations[0]?.mark;
    expect(mark('a')).toBe(mark('a'));
    expect(mark('a')).not.toBe(mark('b'));
  });

  test('stay the same when credentials are exchanged, and pods are replaced all the same', () => {
    const [before, after] = [
      planOf([backend]),
      planOf([backend], 'a', [{ ...binding, revision: 'r2', origin: 'r1' }]),
    ];
    expect(after.migrations).toEqual(before.migrations);
    const revision = (plan: typeof before) =>
      deploymentOf(plan, 'backend').spec?.template.metadata?.annotations?.['ptp.dev/binding.database'];
    expect([revision(before), revision(after)]).toEqual(['r1', 'r2']);
    const [other] = planOf([backend], 'a', [{ ...binding, revision: 'r2' }]).migrations;
    expect(other?.mark).not.toBe(before.migrations[0]?.mark);
  });

  test('leave their mark on the Deployment', () => {
    const plan = planOf([backend]);
    expect(deploymentOf(plan, 'backend').metadata.annotations?.['ptp.dev/migrated']).toBe(
      plan.migrations[0]?.mark,
    );
  });
});

test('where nodes need credentials to pull, pods get them from their account, so that none is replaced for them', () => {
  const images = [image('gateway')];
  const plan = (cluster: { readonly pullSecret?: Secret }) =>
    planDeploy({ project: project(component), images, bindings: [], cluster });
  const [open, closed] = [plan({}), plan({ pullSecret: new Secret('{"auths":{}}') })];
  const account = (given: typeof open) => find<ServiceAccount>(given.ground, 'ServiceAccount');
  expect(account(open)).not.toHaveProperty('imagePullSecrets');
  expect(account(closed).imagePullSecrets).toEqual([{ name: 'registry-pull' }]);
  expect(closed.workloads).toEqual(open.workloads);
});

test('some components are planned by themselves, with the network policies of all', () => {
  const shop = project(component, { ...component, name: 'backend', needs: ['database'] });
  const { ground, workloads } = planDeploy(
    { project: shop, images: [image('gateway')], bindings: [] },
    shop.components.filter(({ needs }) => needs.length === 0),
  );
  const names = (kind: string, objects: readonly KubernetesObject[]) =>
    objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
  expect(names('Deployment', workloads)).toEqual(['gateway']);
  expect(names('Service', ground)).toEqual(['gateway']);
  expect(names('NetworkPolicy', ground)).toEqual(['default-deny', 'gateway', 'backend']);
});

describe('a component that is scaled', () => {
  const scale = { max: 6, cpu: { percent: 80 }, up: 0, down: 120 } as const;

  test('has an autoscaler, whose the number of copies is', () => {
    const { workloads } = planOf([{ ...component, scale }]);
    expect(find<Deployment>(workloads, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(find<HorizontalPodAutoscaler>(workloads, 'HorizontalPodAutoscaler').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'gateway' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [{ resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0 },
        scaleDown: { stabilizationWindowSeconds: 120 },
      },
    });
  });

  test('goes by processor time where that is given', () => {
    const { workloads } = planOf([{ ...component, scale: { ...scale, cpu: { quantity: '400m' } } }]);
    const { spec } = find<HorizontalPodAutoscaler>(workloads, 'HorizontalPodAutoscaler');
    expect(spec?.metrics).toEqual([
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '400m' } },
      },
    ]);
  });

  test('to no more copies than there are anyway has none', () => {
    const { workloads } = planOf([{ ...component, scale: { ...scale, max: 2 } }]);
    expect(workloads.map(({ kind }) => kind)).toEqual(['Deployment', 'PodDisruptionBudget']);
    expect(find<Deployment>(workloads, 'Deployment').spec?.replicas).toBe(2);
  });

  test('loses one copy at a time to a drained node, though it may have a single one at times', () => {
    const { workloads } = planOf([{ ...component, replicas: 1, scale }]);
    expect(workloads.map(({ kind }) => kind)).toEqual([
      'Deployment',
      'PodDisruptionBudget',
      'HorizontalPodAutoscaler',
    ]);
  });
});

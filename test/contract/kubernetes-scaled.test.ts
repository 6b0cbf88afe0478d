import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../path/src/core/event.ts';
import { autoscaler } from '../../path/src/deploy/autoscaler.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { type ApplyOptions, apply } from '../../path/src/kubernetes/apply.ts';
import { connect, type KubernetesClient } from '../../path/src/kubernetes/client.ts';
import { getObject } from '../../path/src/kubernetes/list.ts';
import { namespaceFor } from '../../path/src/kubernetes/namespace.ts';
import type { Deployment, KubernetesObject } from '../../path/src/kubernetes/objects.ts';
import { prune } from '../../path/src/kubernetes/prune.ts';
import type { Component } from '../../path/src/project/project.ts';
import { type ControlPlane, startControlPlane } from './support/api-server.ts';

describe('copies that an autoscaler decides about, on a real API server', () => {
  let plane: ControlPlane;
  let client: KubernetesClient;
  let events: Event[];
  let context: Context;
  let namespace: string;
  let number = 0;

  beforeAll(async () => {
    plane = await startControlPlane();
    client = await connect(plane.kubeconfig);
  });
  afterAll(async () => {
    await client?.close();
    await plane?.stop();
  });
  beforeEach(async () => {
    events = [];
    context = {
      emit: (event) => events.push(event),
      clock: nodeClock,
      processes: nodeProcesses,
      cache: '',
      signal: AbortSignal.timeout(100_000),
    };
    namespace = `scaled-${++number}`;
    await apply(context, client, [namespaceFor(namespace)], options());
  });

  const options = (): ApplyOptions => ({ step: 'deploy', project: namespace });
  const changes = async (objects: readonly KubernetesObject[], extra: Partial<ApplyOptions> = {}) =>
    (await apply(context, client, objects, { ...options(), ...extra })).map(
      ({ object, change }) => `${object} ${change}`,
    );
  const deployment = (replicas?: number, seconds = 30) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'x' }], terminationGracePeriodSeconds: seconds },
      },
    },
  });
  const scaler = (replicas = 2, max = 4): readonly KubernetesObject[] => {
    const scale = { max, cpu: { quantity: '500m' }, up: 60, down: 300 };
    return autoscaler({ name: 'web', replicas, scale } as Component, { name: 'web', namespace });
  };
  const fixed = () => [deployment(3)];
  const scaled = (seconds = 30) => [deployment(undefined, seconds), ...scaler()];
  const copies = async () =>
    (await getObject<Deployment>(client, { ...kind, name: 'web', namespace }))?.spec?.replicas;
  const kind = { apiVersion: 'apps/v1', kind: 'Deployment' };
  /** As the autoscaler does it, and as a person does by hand. */
  const setCopies = (replicas: number, manager = 'kube-controller-manager') =>
    client.send({
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/web/scale`,
      query: { fieldManager: manager },
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas } },
    });
  const names = (deploymentIs: string, scalerIs: string) => [
    `${namespace}/deployment/web ${deploymentIs}`,
    `${namespace}/horizontalpodautoscaler/web ${scalerIs}`,
  ];

  test('a new one begins with the fewest, and the autoscaler’s number stays through releases and dry runs', async () => {
    expect(await changes(scaled())).toEqual(names('created', 'created'));
    expect(await copies()).toBe(2);
    expect(await changes(scaled())).toEqual(names('unchanged', 'unchanged'));
    await setCopies(4);
    expect(await changes(scaled(), { dryRun: true, force: true })).toEqual(names('unchanged', 'unchanged'));
    expect(await changes(scaled(31))).toEqual(names('configured', 'unchanged'));
    expect(await copies()).toBe(4);
  });

  test('what had a number of its own keeps it when an autoscaler comes, at whatever moment it is released next', async () => {
    await changes(fixed());
    expect(await changes(scaled())).toEqual(names('unchanged', 'created'));
    expect(await copies()).toBe(3);
    await changes(scaled(31));
    expect(await copies()).toBe(3);
    await changes(scaled(32));
    expect(await copies()).toBe(3);
  });

  test('the number is ptp.yaml’s again when the autoscaler leaves it, and nobody has to overrule anything', async () => {
    await changes(scaled());
    await setCopies(4);
    expect(await changes(fixed(), { dryRun: true })).toEqual([`${namespace}/deployment/web configured`]);
    await changes(fixed());
    expect(await copies()).toBe(3);
    const left = await prune(context, client, {
      ...options(),
      namespace,
      wanted: fixed(),
      project: namespace,
    });
    expect(left.map(({ object, change }) => `${object} ${change}`)).toEqual([
      `${namespace}/horizontalpodautoscaler/web deleted`,
    ]);
  });

  test('fewer than the fewest is drift, and put right', async () => {
    await changes(scaled());
    await setCopies(0, 'kubectl');
    expect(await changes(scaled(), { dryRun: true, force: true })).toEqual(names('configured', 'unchanged'));
    expect(await changes(scaled())).toEqual(names('configured', 'unchanged'));
    expect(await copies()).toBe(2);
    expect(await changes([deployment(), ...scaler(3)])).toEqual(names('configured', 'configured'));
    expect(await copies()).toBe(3);
  });

  test('an autoscaler that is not ours is not overruled', async () => {
    const [own] = scaler();
    if (own === undefined) throw new Error('there is one');
    await changes(fixed());
    await client.send({
      method: 'POST',
      path: `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`,
      body: own,
    });
    await setCopies(4);
    await expect(changes(fixed())).rejects.toThrow(/kube-controller-manager/);
    expect(await copies()).toBe(4);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { renewPodsAuthority } from '../../path/src/cluster/local/pods-authority.ts';
import type { Event } from '../../path/src/core/event.ts';
import { StepFailed, UserMistake } from '../../path/src/core/failure.ts';
import type { Binding, Cluster, PublishedImage } from '../../path/src/core/handover.ts';
import { Secret } from '../../path/src/core/secret.ts';
import { holdWhileSuspect } from '../../path/src/deploy/hold.ts';
import { planDeploy } from '../../path/src/deploy/plan.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { type ApplyOptions, apply } from '../../path/src/kubernetes/apply.ts';
import { settledBy } from '../../path/src/kubernetes/change-set.ts';
import { connect, type KubernetesClient } from '../../path/src/kubernetes/client.ts';
import { getObject, list } from '../../path/src/kubernetes/list.ts';
import { namespaceFor } from '../../path/src/kubernetes/namespace.ts';
import type { Deployment, KubernetesObject, Pod, SecretObject } from '../../path/src/kubernetes/objects.ts';
import { prune } from '../../path/src/kubernetes/prune.ts';
import { waitUntilReady } from '../../path/src/kubernetes/wait.ts';
import { follow } from '../../path/src/kubernetes/watch.ts';
import type { Project } from '../../path/src/project/project.ts';
import { smallComponent } from '../../path/src/project/testing/small-component.ts';
import { smallProject } from '../../path/src/project/testing/small-project.ts';
import { replaceStuck } from '../../path/src/services/replace-stuck.ts';
import { serviceKinds } from '../../path/src/services/table.ts';
import { until } from '../support/until.ts';
import { type ControlPlane, startControlPlane } from './support/api-server.ts';

describe('against a real API server', () => {
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
    namespace = `test-${++number}`;
    await apply(context, client, [namespaceFor(namespace)], options());
    events = [];
  });

  const options = (): ApplyOptions => ({ step: 'deploy', project: namespace });
  const changes = async (objects: readonly KubernetesObject[], extra: Partial<ApplyOptions> = {}) =>
    (await apply(context, client, objects, { ...options(), ...extra })).map(
      ({ object, change }) => `${object} ${change}`,
    );
  const map = (name: string, data: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  });
  const edit = (path: string, body: unknown, manager = 'kubectl-edit') =>
    client.send({
      method: 'PATCH',
      path,
      query: { fieldManager: manager },
      contentType: 'application/merge-patch+json',
      body,
    });

  test('says created, then unchanged, then configured, and emits the same', async () => {
    const object = `${namespace}/configmap/a`;
    expect(await changes([map('a', { x: '1' })])).toEqual([`${object} created`]);
    expect(await changes([map('a', { x: '1' })])).toEqual([`${object} unchanged`]);
    expect(await changes([map('a', { x: '2' })])).toEqual([`${object} configured`]);
    const emitted = events.flatMap((event) => (event.kind === 'object-applied' ? [event.change] : []));
    expect(emitted).toEqual(['created', 'unchanged', 'configured']);
  });

  test('objects of kinds that are defined in the same apply wait until the server serves them', async () => {
    const group = `${namespace}.example.com`;
    const kinds = Array.from({ length: 12 }, (_, index) => ({
      kind: `Thing${index}`,
      plural: `thing${index}s`,
    }));
    const definitions = kinds.map(({ kind, plural }) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
    }));
    const things = kinds.map(({ kind }) => ({
      apiVersion: `${group}/v1`,
      kind,
      metadata: { name: 'a', namespace },
    }));
    const created = await changes([...things, ...definitions]);
    expect(created).toHaveLength(24);
    expect(created.every((line) => line.endsWith(' created'))).toBe(true);
  });

  test('a second apply of the same changes nothing in the cluster', async () => {
    await changes([map('a', { x: '1' })]);
    const key = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace };
    const first = await getObject(client, key);
    await changes([map('a', { x: '1' })]);
    expect((await getObject(client, key))?.metadata.resourceVersion).toBe(first?.metadata.resourceVersion);
  });

  test('a dry run tells what would change and changes nothing', async () => {
    expect(await changes([map('a', { x: '1' })], { dryRun: true })).toEqual([
      `${namespace}/configmap/a created`,
    ]);
    expect(
      await getObject(client, { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace }),
    ).toBeUndefined();
    const elsewhere = { ...map('b', {}), metadata: { name: 'b', namespace: `${namespace}-new` } };
    const planned = await changes([namespaceFor(`${namespace}-new`), elsewhere], { dryRun: true });
    expect(planned).toEqual([`namespace/${namespace}-new created`, `${namespace}-new/configmap/b created`]);
  });

  test('tells what will change before anything has, and nothing where all is as it should be', async () => {
    const heard: (readonly string[])[] = [];
    const beforeChange: ApplyOptions['beforeChange'] = async (planned) => {
      heard.push(planned.map(({ object, change }) => `${object} ${change}`));
      const found = await list(client, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace,
        fields: 'metadata.name=b',
      });
      expect(found).toEqual([]);
    };
    await changes([map('a', { x: '1' })]);
    await changes([map('a', { x: '1' }), map('b', { x: '1' })], { beforeChange });
    expect(heard).toEqual([[`${namespace}/configmap/b created`]]);
    await changes([map('a', { x: '1' }), map('b', { x: '1' })], { beforeChange });
    await changes([map('c', { x: '1' })], { beforeChange, dryRun: true });
    expect(heard).toHaveLength(1);
  });

  test('names the other manager of a field, changes nothing, and overrules it when told to', async () => {
    await changes([map('a', { x: '1' }), map('b', { x: '1' })]);
    await edit(`/api/v1/namespaces/${namespace}/configmaps/a`, { data: { x: 'other' } }, 'autoscaler');
    const refused = changes([map('a', { x: '1' }), map('b', { x: '2' })]);
    await expect(refused).rejects.toThrow(UserMistake);
    await expect(refused).rejects.toThrow(/autoscaler/);
    const other = await getObject<{ data: unknown }>(client, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'b',
      namespace,
    });
    expect(other?.data).toEqual({ x: '1' });
    expect(await changes([map('a', { x: '1' })], { force: true })).toEqual([
      `${namespace}/configmap/a configured`,
    ]);
  });

  test('what a hand has changed is put right and told, with the tool it was done with', async () => {
    await changes([map('a', { x: '1' })]);
    await edit(`/api/v1/namespaces/${namespace}/configmaps/a`, { data: { x: 'by hand' } });
    const told = () => events.flatMap((event) => (event.kind === 'warning' ? [event.problem.details] : []));
    expect(await changes([map('a', { x: '1' })], { dryRun: true })).toEqual([
      `${namespace}/configmap/a configured`,
    ]);
    events = [];
    expect(await changes([map('a', { x: '1' })])).toEqual([`${namespace}/configmap/a configured`]);
    expect(told()).toEqual([['.data.x was changed with kubectl-edit']]);
    expect(await changes([map('a', { x: '1' })])).toEqual([`${namespace}/configmap/a unchanged`]);
  });

  test('what a dry run has found settled is not asked for again; what differs is', async () => {
    await changes([map('a', { x: '1' }), map('b', { x: '1' })]);
    const wanted = [map('a', { x: '1' }), map('b', { x: '2' })];
    const settled = settledBy(await apply(context, client, wanted, { ...options(), dryRun: true }), []);
    await edit(`/api/v1/namespaces/${namespace}/configmaps/a`, { data: { y: 'meanwhile' } });
    expect(await changes(wanted, { settled })).toEqual([
      `${namespace}/configmap/a unchanged`,
      `${namespace}/configmap/b configured`,
    ]);
    // Other words for the same object are no longer what was compared.
    expect(await changes([map('a', { x: '3' })], { settled })).toEqual([
      `${namespace}/configmap/a configured`,
    ]);
  });

  test('finds drift that a hand has made where nobody else owns the field', async () => {
    await changes([map('a', { x: '1' })]);
    await edit(`/api/v1/namespaces/${namespace}/configmaps/a`, { data: { x: null } }, 'ptp');
    expect(await changes([map('a', { x: '1' })])).toEqual([`${namespace}/configmap/a configured`]);
  });

  test('one object that is refused keeps all others from being applied', async () => {
    const bad = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'bad', namespace },
      spec: { ports: [] },
    };
    await expect(changes([map('a', {}), bad])).rejects.toThrow(StepFailed);
    expect(
      await getObject(client, { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace }),
    ).toBeUndefined();
  });

  test('an address that is kept for a Service that nobody wrote is freed; one that a Service has is not', async () => {
    const service = (name: string, clusterIP: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { clusterIP, ports: [{ port: 80 }] },
    });
    const first = await applied(service('first', ''));
    const base = first.spec.clusterIP.replace(/\.\d+$/, '');
    const abandoned = `${base}.${first.spec.clusterIP.endsWith('.200') ? 201 : 200}`;
    await client.send({
      method: 'POST',
      path: '/apis/networking.k8s.io/v1/ipaddresses',
      body: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IPAddress',
        metadata: {
          name: abandoned,
          labels: {
            'ipaddress.kubernetes.io/ip-family': 'IPv4',
            'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
          },
        },
        spec: { parentRef: { group: '', resource: 'services', namespace, name: 'second' } },
      },
    });
    expect((await applied(service('second', abandoned))).spec.clusterIP).toBe(abandoned);
    await expect(
      apply(
        { ...context, signal: AbortSignal.timeout(3000) },
        client,
        [service('third', abandoned)],
        options(),
      ),
    ).rejects.toThrow();
    const path = `/api/v1/namespaces/${namespace}/services/second`;
    expect((await client.get<{ readonly spec: { readonly clusterIP: string } }>(path)).spec.clusterIP).toBe(
      abandoned,
    );
  });

  async function applied(object: KubernetesObject) {
    await apply(context, client, [object], options());
    const path = `/api/v1/namespaces/${namespace}/services/${object.metadata.name}`;
    return client.get<{ readonly spec: { readonly clusterIP: string } }>(path);
  }

  test('pods are told another authority in every namespace, and one that is right is not written again', async () => {
    const put = (ca: string) => changes([map('kube-root-ca.crt', { 'ca.crt': ca })]);
    const path = `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`;
    const read = () =>
      client.get<{
        readonly metadata: { readonly resourceVersion: string };
        readonly data: Readonly<Record<string, string>>;
      }>(path);
    await put('an earlier one');
    await renewPodsAuthority(client, 'the one of now\n', context.signal);
    const { data, metadata } = await read();
    expect(data).toEqual({ 'ca.crt': 'the one of now\n' });
    await renewPodsAuthority(client, 'the one of now\n', context.signal);
    expect((await read()).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  test('an error about a Secret shows nothing of it', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace },
      type: 'kubernetes.io/tls',
      stringData: {
        'tls.crt': 'hunter2-hunter2',
        'tls.key': 'hunter2-hunter2',
        'bad key': 'hunter2-hunter2',
      },
    };
    const error = await changes([secret]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StepFailed);
    expect(JSON.stringify([error, error instanceof StepFailed ? error.message : ''])).not.toContain(
      'hunter2',
    );
  });

  test('prunes what its own step has applied and no longer wants, and no data', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await changes([map('stays', {}), map('goes', {}), claim]);
    await changes([map('other-step', {})], { step: 'route' });
    await edit(`/api/v1/namespaces/${namespace}`, { metadata: { labels: { touched: 'yes' } } });
    const pruned = await prune(context, client, { ...options(), namespace, wanted: [map('stays', {})] });
    expect(pruned.map(({ object }) => object)).toEqual([`${namespace}/configmap/goes`]);
    const left = await list(client, { apiVersion: 'v1', kind: 'ConfigMap', namespace });
    expect(left.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(['stays', 'other-step']),
    );
    expect(left.map(({ metadata }) => metadata.name)).not.toContain('goes');
    expect(await list(client, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace })).toHaveLength(
      1,
    );
  });

  test('a watch tells of what happens after its list', async () => {
    await changes([map('a', { x: '1' })]);
    const stop = new AbortController();
    const seen: string[] = [];
    const done = follow<KubernetesObject & { data?: Record<string, string> }>(
      client,
      { apiVersion: 'v1', kind: 'ConfigMap', namespace, fields: 'metadata.name=a' },
      {
        clock: nodeClock,
        signal: AbortSignal.any([stop.signal, context.signal]),
        onChange: (store) => {
          const x = [...store.values()][0]?.data?.x ?? 'gone';
          if (seen.at(-1) !== x) seen.push(x);
          if (x === '1') void changes([map('a', { x: '2' })]);
          if (x === '2') void prune(context, client, { ...options(), namespace, wanted: [] });
          if (x === 'gone') stop.abort();
        },
      },
    );
    await done;
    expect(seen).toEqual(['1', '2', 'gone']);
  });

  test('a pod of an earlier version that does not come up makes way for the version that mends it', async () => {
    const labels = { app: 'db' };
    const set = (image: string) => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db', namespace },
      spec: {
        serviceName: 'db',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(image) },
      },
    });
    const pods = () => list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace, labels: 'app=db' });
    const imagesOf = (found: readonly Pod[]) => found.map(({ spec }) => spec?.containers[0]?.image);
    await changes([set('registry.test/db:broken')]);
    await until('the broken pod is there', pods, (found) => found.length === 1);
    await changes([set('registry.test/db:mended')]);
    await replaceStuck(context, client, [set('registry.test/db:mended')]);
    // No kubelet ends the pod, so its grace period has to be none: nobody has scheduled it.
    await until('the mended one is', pods, (found) => imagesOf(found)[0] === 'registry.test/db:mended');
    const [mended] = await pods();
    await replaceStuck(context, client, [set('registry.test/db:mended')]);
    expect((await pods()).map(({ metadata }) => metadata.uid)).toEqual([mended?.metadata.uid]);
  });

  describe('the planned objects', () => {
    test('are taken by the server as they are, and once applied are unchanged', async () => {
      const { project, plan } = system();
      const all = [...plan.ground, ...plan.migrations.map(({ job }) => job), ...plan.workloads];
      await changes(all);
      await settled(project);
      const again = await changes(all);
      expect(again.filter((change) => !change.endsWith('unchanged'))).toEqual([]);
    });

    test('make pods that the restricted Pod Security Standard lets in', async () => {
      const { project, plan } = system();
      await changes([...plan.ground, ...plan.migrations.map(({ job }) => job), ...plan.workloads]);
      const pods = await settled(project);
      const names = new Set(pods.map((pod) => pod.metadata.labels?.['app.kubernetes.io/name']));
      expect([...names].sort()).toEqual(['backend', 'backend-migrate', 'database', 'gateway']);
    });

    test('wait ends when the pods are ready', async () => {
      const { plan } = system();
      await changes([...plan.ground, ...plan.workloads]);
      const gateway = plan.workloads.filter(
        (object) => object.kind === 'Deployment' && object.metadata.name === 'gateway',
      );
      const waiting = waitUntilReady(context, client, gateway, { step: 'deploy', deadline: 60 });
      await eachPod('gateway', 2, (pod) => setStatus(pod, running(pod)));
      await waiting;
      expect(
        events.some((event) => event.kind === 'task-done' && event.text.includes('deployment/gateway')),
      ).toBe(true);
    });

    test('a pod whose image cannot be pulled ends the wait at once, with the reason', async () => {
      const { plan } = system();
      await changes([...plan.ground, ...plan.workloads]);
      const gateway = plan.workloads.filter(
        (object) => object.kind === 'Deployment' && object.metadata.name === 'gateway',
      );
      const waiting = waitUntilReady(context, client, gateway, { step: 'deploy', deadline: 60 });
      const refused = expect(waiting).rejects.toMatchObject({
        problems: [
          {
            what: expect.stringContaining('ImagePullBackOff: no such image'),
            where: { object: `${namespace}/deployment/gateway` },
          },
        ],
      });
      await eachPod('gateway', 1, (pod) =>
        setStatus(pod, {
          phase: 'Pending',
          containerStatuses: [
            {
              ...container('gateway'),
              state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } },
            },
          ],
        }),
      );
      await refused;
    });

    describe('a pod that finds no room', () => {
      let gateway: readonly KubernetesObject[];
      beforeEach(async () => {
        const { plan } = system();
        await changes([...plan.ground, ...plan.workloads]);
        gateway = plan.workloads.filter(
          ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'gateway',
        );
        const message = '0/1 nodes are available: 1 Insufficient cpu.';
        const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
        await eachPod('gateway', 2, (pod) => setStatus(pod, { phase: 'Pending', conditions: [condition] }));
      });
      const wait = () => waitUntilReady(context, client, gateway, { step: 'deploy', deadline: 60 });

      /** Waits on a cluster that has this node alone. */
      async function waitWith(spec: object, meanwhile: () => Promise<unknown>): Promise<void> {
        const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' }, spec };
        await client.send({ method: 'POST', path: '/api/v1/nodes', body });
        try {
          await Promise.all([wait(), meanwhile()]);
        } finally {
          await client.send({ method: 'DELETE', path: '/api/v1/nodes/node1' });
        }
      }

      test('waits where nodes come with pods', () =>
        waitWith({ providerID: 'aws:///eu-west-1a/i-0123456789abcdef0' }, async () => {
          await until(
            'it waits for a node',
            () => events.map((event) => ('text' in event ? event.text : '')),
            (texts) => texts.some((text) => text.includes('no room yet: a node may come')),
          );
          await eachPod('gateway', 2, (pod) => setStatus(pod, running(pod)));
        }));

      test('has failed where there are as many as there are', async () => {
        await expect(waitWith({}, async () => {})).rejects.toMatchObject({
          problems: [{ what: expect.stringContaining('Insufficient cpu') }],
        });
      });
    });

    test('old pods stay for longer from when the new version is suspect, until the wait is over', async () => {
      const { plan } = system();
      await changes([...plan.ground, ...plan.workloads]);
      const seconds = async () => {
        const all = await list<Deployment>(client, { apiVersion: 'apps/v1', kind: 'Deployment', namespace });
        return Object.fromEntries(all.map(({ metadata, spec }) => [metadata.name, spec?.minReadySeconds]));
      };
      const wanted = await seconds();
      expect(wanted).toMatchObject({ gateway: 4 });
      const input = {
        client,
        workloads: plan.workloads,
        replaced: ['gateway'],
        options: options(),
        suspected: Promise.resolve(),
      };
      await holdWhileSuspect(context, input, async () => {
        await until('it is held', seconds, ({ gateway }) => gateway !== wanted.gateway);
        expect(await seconds()).toEqual({ ...wanted, gateway: 10 });
      });
      expect(await seconds()).toEqual(wanted);
      for (const change of await changes(plan.workloads)) expect(change).toMatch(/ unchanged$/);

      const failed = new Error('it does not come up');
      const holding = holdWhileSuspect(context, input, async () => {
        await until('it is held', seconds, ({ gateway }) => gateway !== wanted.gateway);
        throw failed;
      });
      await expect(holding).rejects.toBe(failed);

      const never = { ...input, suspected: new Promise<void>(() => {}) };
      await changes(plan.workloads);
      const { length } = events;
      await holdWhileSuspect(context, never, async () => {});
      await holdWhileSuspect(context, { ...input, replaced: [] }, async () => {
        for (const change of await changes(plan.workloads)) expect(change).toMatch(/ unchanged$/);
      });
      expect(events.slice(length).filter(({ kind }) => kind === 'note')).toEqual([]);
    });

    test('the deadline ends a wait too, and says what was missing', async () => {
      const { plan } = system();
      await changes([...plan.ground, ...plan.workloads]);
      const gateway = plan.workloads.filter((object) => object.kind === 'Deployment');
      await expect(waitUntilReady(context, client, gateway, { step: 'deploy', deadline: 1 })).rejects.toThrow(
        /after 1 s/,
      );
    });
  });

  /** A small system with all that a plan can have. */
  function system() {
    const project: Project = { ...sample, name: namespace, target: { ...sample.target, namespace } };
    const images: readonly PublishedImage[] = ['gateway', 'backend', 'postgres-17'].map((name) => ({
      name,
      digest,
      reference: `registry.test/x/${name}@${digest}`,
      tags: [],
    }));
    const [service] = project.services;
    const image = images[2];
    if (service === undefined || image === undefined) throw new Error('the sample has a service');
    const { binding, admin } = serviceKinds.postgres.credentials(project, service);
    const input = { project, service, cluster, image, binding, admin };
    const bindings: readonly Binding[] = [serviceKinds.postgres.bind(input)];
    const plan = planDeploy({ project, images, bindings });
    const services: readonly (KubernetesObject | SecretObject)[] = [
      binding,
      admin,
      ...serviceKinds.postgres.plan(input),
    ];
    return { project, plan: { ...plan, ground: [...services, ...plan.ground] } };
  }

  /** The pods, once every controller has made those it makes. */
  async function settled(project: Project): Promise<readonly Pod[]> {
    return await untilPods({}, project.components.reduce((sum, { replicas }) => sum + replicas, 0) + 2);
  }

  async function eachPod(name: string, count: number, act: (pod: Pod) => Promise<unknown>): Promise<void> {
    const pods = await untilPods({ labels: `app.kubernetes.io/name=${name}` }, count);
    for (const pod of pods) await act(pod);
  }

  async function untilPods(selection: { readonly labels?: string }, count: number): Promise<readonly Pod[]> {
    const stop = new AbortController();
    let found: readonly Pod[] = [];
    await follow<Pod>(
      client,
      { apiVersion: 'v1', kind: 'Pod', namespace, ...selection },
      {
        clock: nodeClock,
        signal: AbortSignal.any([stop.signal, context.signal]),
        onChange: (store) => {
          found = [...store.values()];
          if (found.length >= count) stop.abort();
        },
      },
    );
    return found;
  }

  async function setStatus(pod: Pod, status: unknown): Promise<void> {
    await client.send({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status },
    });
  }

  test('an access that is not granted is an error of its own', async () => {
    const document = plane.kubeconfig.reveal().replaceAll('"contract-test"', '"wrong-token"');
    const stranger = await connect(new Secret(document));
    await expect(stranger.get('/api/v1/namespaces')).rejects.toMatchObject({ code: 401 });
    await stranger.close();
  });
});

const digest = `sha256:${'a'.repeat(64)}` as const;

const cluster: Cluster = {
  name: 'test',
  provider: 'local',
  version: 'v1.37.2',
  kubeconfig: new Secret(''),
  registry: { url: 'http://127.0.0.1:1', name: 'registry.test', prefix: 'x' },
  storageClass: 'local-path',
  gatewayClass: 'traefik',
};

const component = smallComponent('gateway', {
  replicas: 2,
  resources: { cpu: '50m', memory: '64Mi', memoryLimit: '128Mi' },
});

const sample = smallProject(
  {
    name: 'sample',
    components: [
      {
        ...component,
        route: '/',
        env: { BACKEND_URL: 'http://backend:8080' },
        files: { '/etc/gateway/routes.json': '{}' },
        talksTo: ['backend'],
      },
      { ...component, name: 'backend', replicas: 1, needs: ['database'], migrate: ['node', 'migrate.js'] },
    ],
    services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
  },
  { namespace: 'sample', instance: 'sample', domain: 'sample.localhost' },
);

function container(name: string) {
  return { name, image: 'x', imageID: '', ready: false, restartCount: 0 };
}

function running(pod: Pod): object {
  const now = new Date(Date.now() - 10_000).toISOString();
  const names = pod.spec?.containers.map((entry) => entry.name) ?? [];
  return {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: now,
    })),
    containerStatuses: names.map((name) => ({
      ...container(name),
      ready: true,
      state: { running: { startedAt: now } },
    })),
  };
}

/** What the restricted Pod Security Standard lets in. */
function podSpec(image: string) {
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'app',
        image,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  };
}

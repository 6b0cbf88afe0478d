import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAnnotation, listText, referencesIn } from '../../path/src/admission/list.ts';
import { type AdmissionInput, admitImages } from '../../path/src/admission/step.ts';
import type { Event } from '../../path/src/core/event.ts';
import type { Cluster, PublishedImage } from '../../path/src/core/handover.ts';
import { Secret } from '../../path/src/core/secret.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { admissionPolicyName } from '../../path/src/kubernetes/admission-rights.ts';
import { connect, type KubernetesClient } from '../../path/src/kubernetes/client.ts';
import type { Namespace, ValidatingAdmissionPolicy } from '../../path/src/kubernetes/objects.ts';
import { smallProject } from '../../path/src/project/testing/small-project.ts';
import { until } from '../support/until.ts';
import { type ControlPlane, startControlPlane } from './support/api-server.ts';

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const place = 'registry.test:5000/shop';
const imageOf = (name: string, digit: string): PublishedImage => ({
  name,
  reference: `${place}/${name}@${digestOf(digit)}`,
  digest: digestOf(digit),
  tags: [],
});
/** Of a release, by its number. */
const releaseOf = (round: number): PublishedImage => {
  const digest = `sha256:${round.toString(16).padStart(64, '5')}` as const;
  return { name: 'web', reference: `${place}/web@${digest}`, digest, tags: [] };
};
const web = imageOf('web', 'a');
const database = imageOf('postgres-17', 'b');
const next = imageOf('web', 'c');
const foreign = `registry.test:5000/elsewhere/miner@${digestOf('d')}`;

const project = smallProject({}, { name: 'there', namespace: 'shop', instance: 'shop' });
const namespace = '/api/v1/namespaces/shop';
const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const policy = `${policies}/${admissionPolicyName('shop')}`;
const binding = policy.replace('policies', 'policybindings');

const unknown = (image: string) =>
  `shop refuses ${image}: it is not an image of a recorded release of shop. Carry it with \`ptp up\`.`;
const untagged = (image: string) =>
  `shop refuses ${image}: it is not named by its digest, and a tag can come to mean another image. Carry it with \`ptp up\`.`;
const moved = (image: string) =>
  `shop refuses ${image}: it has the digest of an image of shop but comes from another place than the release was published to. Carry it with \`ptp up\`.`;

/** What the restricted standard asks of a pod. */
const spec = (image: string, more: object = {}) => ({
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [container('main', image)],
  ...more,
});
const container = (name: string, image: string) => ({
  name,
  image,
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
});
const labels = { app: 'a' };
const selector = { matchLabels: labels };
const template = (image: string) => ({ metadata: { labels }, spec: spec(image) });
const job = (image: string) => ({ template: { spec: { ...spec(image), restartPolicy: 'Never' } } });

/** Each kind that makes pods: where it is posted to, and its specification with an image. */
const kinds = {
  pods: ['/api/v1', 'Pod', (image: string) => spec(image)],
  replicationcontrollers: [
    '/api/v1',
    'ReplicationController',
    (image: string) => ({ replicas: 0, selector: labels, template: template(image) }),
  ],
  deployments: [
    '/apis/apps/v1',
    'Deployment',
    (image: string) => ({ replicas: 0, selector, template: template(image) }),
  ],
  replicasets: [
    '/apis/apps/v1',
    'ReplicaSet',
    (image: string) => ({ replicas: 0, selector, template: template(image) }),
  ],
  statefulsets: [
    '/apis/apps/v1',
    'StatefulSet',
    (image: string) => ({ replicas: 0, selector, serviceName: 'a', template: template(image) }),
  ],
  daemonsets: ['/apis/apps/v1', 'DaemonSet', (image: string) => ({ selector, template: template(image) })],
  jobs: ['/apis/batch/v1', 'Job', job],
  cronjobs: [
    '/apis/batch/v1',
    'CronJob',
    (image: string) => ({ schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: job(image) } }),
  ],
} as const;
type Plural = keyof typeof kinds;

describe('only what came out of the path is let in by a real API server', () => {
  let plane: ControlPlane;
  let client: KubernetesClient;
  let number = 0;
  const events: Event[] = [];
  const context: Context = {
    emit: (event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    cache: '',
    signal: new AbortController().signal,
  };
  const admit = async (images: readonly PublishedImage[], more: Partial<AdmissionInput> = {}) => {
    const { inForce, unsigned } = await admitImages(context, {
      client,
      project,
      images,
      cluster: {
        provider: 'local',
        registry: { url: '', name: 'registry.test:5000', prefix: 'shop' },
      } as Cluster,
      ...more,
    });
    await inForce;
    return unsigned;
  };

  beforeAll(async () => {
    plane = await startControlPlane();
    client = await connect(plane.kubeconfig);
    await admit([web, database]);
    await until(
      'pods can be made',
      () => client.find('/api/v1/namespaces/shop/serviceaccounts/default'),
      (account) => account !== undefined,
    );
  });
  afterAll(async () => {
    await client?.close();
    await plane?.stop();
  });

  const send = (plural: Plural, given: object, namespace = 'shop') => {
    const [api, kind] = kinds[plural];
    const body = {
      apiVersion: api.replace(/^\/apis?\//, ''),
      kind,
      metadata: { name: `${plural}-${++number}`, namespace },
      spec: given,
    };
    return client.send<{ readonly metadata: { readonly name: string } }>({
      method: 'POST',
      path: `${api}/namespaces/${namespace}/${plural}`,
      body,
    });
  };
  const make = (plural: Plural, image: string) => send(plural, kinds[plural][2](image));
  const patch = (path: string, body: unknown, manager = 'kubectl-edit') =>
    client.send({
      method: 'PATCH',
      path,
      query: { fieldManager: manager },
      contentType: 'application/strategic-merge-patch+json',
      body,
    });
  const listed = async () => {
    const { metadata } = await client.get<Namespace>(namespace);
    return referencesIn(metadata.annotations?.[listAnnotation] ?? '');
  };
  const write = (text: string | null, manager: string) =>
    patch(namespace, { metadata: { annotations: { [listAnnotation]: text } } }, manager);

  describe.each(Object.keys(kinds) as readonly Plural[])('%s', (plural) => {
    test('an image of the release is taken', async () => {
      await expect(make(plural, web.reference)).resolves.toMatchObject({ status: 201 });
    });
    test('a digest that is of no release is refused', async () => {
      await expect(make(plural, foreign)).rejects.toThrow(unknown(foreign));
      const same = `${place}/web@${digestOf('e')}`;
      await expect(make(plural, same)).rejects.toThrow(unknown(same));
    });
    test('a tag alone is refused', async () => {
      await expect(make(plural, `${place}/web:latest`)).rejects.toThrow(untagged(`${place}/web:latest`));
      await expect(make(plural, 'busybox')).rejects.toThrow(untagged('busybox'));
    });
    test('the digest of the release from another repository is refused', async () => {
      const elsewhere = `registry.test:5000/elsewhere/web@${web.digest}`;
      await expect(make(plural, elsewhere)).rejects.toThrow(moved(elsewhere));
    });
  });

  test('a tag beside the digest makes no difference', async () => {
    await expect(make('pods', web.reference.replace('@', ':v1@'))).resolves.toMatchObject({ status: 201 });
  });

  test.each(['', ' ', '@', `@${web.digest}`, `${web.reference}0`, `x@${web.reference}`, web.digest])(
    'what is no reference is refused: %j',
    async (image) => {
      await expect(make('deployments', image)).rejects.toThrow(/refuses|invalid/i);
    },
  );

  test('an init container and a sidecar are looked at as well', async () => {
    const given = (image: string) =>
      spec(web.reference, { initContainers: [{ ...container('first', image), restartPolicy: 'Always' }] });
    await expect(send('pods', given(database.reference))).resolves.toMatchObject({ status: 201 });
    await expect(send('pods', given(foreign))).rejects.toThrow(unknown(foreign));
  });

  test('an image that is mounted is looked at as well', async () => {
    const given = (reference: string) =>
      spec(web.reference, { volumes: [{ name: 'v', image: { reference, pullPolicy: 'IfNotPresent' } }] });
    await expect(send('pods', given(database.reference))).resolves.toMatchObject({ status: 201 });
    await expect(send('pods', given(foreign))).rejects.toThrow(unknown(foreign));
  });

  test('a container for debugging in a pod that runs is looked at as well', async () => {
    const { name } = (await make('pods', web.reference)).body.metadata;
    const debug = (image: string) =>
      patch(`/api/v1/namespaces/shop/pods/${name}/ephemeralcontainers`, {
        spec: { ephemeralContainers: [container('debug', image)] },
      });
    await expect(debug(foreign)).rejects.toThrow(unknown(foreign));
    await expect(debug(database.reference)).resolves.toMatchObject({ status: 200 });
  });

  test('the image of a pod that was let in cannot be exchanged for another', async () => {
    const { name } = (await make('pods', web.reference)).body.metadata;
    const exchange = (image: string) =>
      patch(`/api/v1/namespaces/shop/pods/${name}`, { spec: { containers: [{ name: 'main', image }] } });
    await expect(exchange(foreign)).rejects.toThrow(unknown(foreign));
    await expect(exchange(`${place}/web:v2`)).rejects.toThrow(untagged(`${place}/web:v2`));
    await expect(exchange(database.reference)).resolves.toMatchObject({ status: 200 });
  });

  test('all images that are refused are named at once', async () => {
    const two = `${foreign.slice(0, -1)}e`;
    const given = spec(foreign, { initContainers: [container('first', two)] });
    await expect(send('pods', given)).rejects.toThrow(unknown(`${foreign}, ${two}`));
  });

  test('other namespaces take what they like', async () => {
    const refused = send('deployments', kinds.deployments[2](foreign), 'default');
    await expect(refused).resolves.toMatchObject({ status: 201 });
  });

  test('the server finds nothing wrong with the policy', async () => {
    const { status } = await until(
      'it has been looked at',
      () => client.get<ValidatingAdmissionPolicy>(policy),
      (looked) => looked.status?.observedGeneration !== undefined,
    );
    expect(status?.typeChecking?.expressionWarnings ?? []).toEqual([]);
  });

  test('the images of the next release are taken as soon as it is told, those that run stay', async () => {
    for (let round = 0; round < 20; round++) {
      const image = releaseOf(round);
      await admit([image, database]);
      await expect(make('deployments', image.reference)).resolves.toMatchObject({ status: 201 });
    }
    await admit([next, database]);
    expect(await listed()).toContain(web.reference);
  });

  test('what nothing uses any more leaves the list, and its objects can still be finished with', async () => {
    const gone = imageOf('old', 'f');
    await admit([web, database, gone]);
    const { name } = (await make('pods', gone.reference)).body.metadata;
    await admit([web, database]);
    expect(await listed()).toContain(gone.reference);
    await client.send({
      method: 'DELETE',
      path: `/api/v1/namespaces/shop/pods/${name}`,
      body: { gracePeriodSeconds: 0 },
    });
    const { name: held } = (await make('jobs', gone.reference)).body.metadata;
    await until(
      'the job has its pod',
      () =>
        client.get<{ items: readonly unknown[] }>(`/api/v1/namespaces/shop/pods`, {
          labelSelector: `job-name=${held}`,
        }),
      ({ items }) => items.length === 1,
    );
    await client.send({
      method: 'DELETE',
      path: `/api/v1/namespaces/shop/pods`,
      query: { labelSelector: `job-name=${held}` },
      body: { gracePeriodSeconds: 0 },
    });
    await admit([web, database], {});
    await patch(`/apis/batch/v1/namespaces/shop/jobs/${held}`, { metadata: { labels: { touched: 'yes' } } });
  });

  test('that something runs is no reason to let it in', async () => {
    await client.send({ method: 'DELETE', path: binding });
    await until('the door is open', () => make('deployments', foreign), Boolean);
    await admit([web, database]);
    expect(await listed()).not.toContain(foreign);
    await expect(make('deployments', foreign)).rejects.toThrow(unknown(foreign));
  });

  test('what others add to the list or to the policy is taken away again, and told', async () => {
    await write(listText([web.reference, database.reference, foreign]), 'mallory');
    await patch(policy, { spec: { matchConditions: [{ name: 'never', expression: 'false' }] } }, 'mallory');
    await until('the door is open', () => make('deployments', foreign), Boolean);
    events.length = 0;
    await admit([web, database]);
    expect(await listed()).not.toContain(foreign);
    const { spec } = await client.get<ValidatingAdmissionPolicy>(policy);
    expect(spec?.matchConditions?.map(({ name }) => name)).toEqual(['not-a-plan']);
    const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.problem.what] : []));
    expect(warnings).toEqual([
      'mallory had written what images may run; it is as it was',
      'mallory had added to what decides which images run; it is as it was',
    ]);
    events.length = 0;
    await admit([web, database]);
    expect(events.flatMap((event) => (event.kind === 'object-applied' ? [event.change] : []))).toEqual([
      'unchanged',
      'unchanged',
    ]);
    expect(events.filter(({ kind }) => kind === 'warning')).toEqual([]);
    await until(
      'the policy holds again',
      () => make('deployments', foreign).then(() => 'taken', String),
      (answer) => answer.includes('refuses'),
    );
  });

  test('what this run has not built is looked at before it is let in, and only then', async () => {
    const asked: string[] = [];
    const verify = async (reference: string) => {
      asked.push(reference);
      return reference !== foreign;
    };
    const recorded = [releaseOf(100).reference];
    await admit([web, database], { recorded, verify });
    await admit([web, database], { recorded, verify });
    expect(asked).toEqual(recorded);
    expect(await admit([web, database], { recorded: [...recorded, foreign], verify })).toEqual([foreign]);
    expect(await listed()).not.toContain(foreign);
    expect(await listed()).toContain(recorded[0]);
  });

  test('a plan may ask for an image that is not let in yet, and nobody else by a dry run', async () => {
    await admit([web, database]);
    const ask = (fieldManager: string, dryRun: 'All' | undefined) =>
      client
        .send({
          method: 'PATCH',
          path: '/apis/apps/v1/namespaces/shop/deployments/planned',
          query: { fieldManager, dryRun },
          contentType: 'application/apply-patch+yaml',
          body: {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            metadata: { name: 'planned', namespace: 'shop' },
            spec: {
              selector: { matchLabels: { app: 'planned' } },
              template: {
                metadata: { labels: { app: 'planned' } },
                spec: { containers: [{ name: 'web', image: foreign }] },
              },
            },
          },
        })
        .then(() => 'taken', String);
    expect(await ask('ptp', 'All')).toBe('taken');
    expect(await ask('kubectl', 'All')).toContain(`refuses ${foreign}`);
    expect(await ask('ptp', undefined)).toContain(`refuses ${foreign}`);
  });

  test('a list of a hundred components with ten releases each is no burden', async () => {
    const recorded = Array.from({ length: 1000 }, (_, index) => {
      const digest = index.toString(16).padStart(64, '0');
      return `${place}/component-with-a-long-name-${index % 100}@sha256:${digest}`;
    });
    await admit([web, database], { recorded });
    await expect(make('pods', recorded[999] ?? '')).resolves.toMatchObject({ status: 201 });
    await expect(make('pods', foreign)).rejects.toThrow(unknown(foreign));
    expect(listText(recorded).length).toBeLessThan(128 * 1024);
  });

  describe('with credentials that may do less', () => {
    const bind = (name: string, group: string, rules: readonly object[]) =>
      Promise.all(
        [
          { path: 'clusterroles', kind: 'ClusterRole', rules },
          {
            path: 'clusterrolebindings',
            kind: 'ClusterRoleBinding',
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
            subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: group }],
          },
        ].map(({ path, ...body }) =>
          client.send({
            method: 'POST',
            path: `/apis/rbac.authorization.k8s.io/v1/${path}`,
            body: { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name }, ...body },
          }),
        ),
      );
    let deployer: KubernetesClient;
    beforeAll(async () => {
      const accounts = '/api/v1/namespaces/default/serviceaccounts';
      await client.send({ method: 'POST', path: accounts, body: { metadata: { name: 'deployer' } } });
      await bind('deployer', 'deployer', [
        { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'create', 'patch'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        {
          apiGroups: ['apps'],
          resources: ['deployments', 'statefulsets', 'replicasets'],
          verbs: ['list', 'create'],
        },
      ]);
      const { body } = await client.send<{ readonly status: { readonly token: string } }>({
        method: 'POST',
        path: `${accounts}/deployer/token`,
        body: { spec: {} },
      });
      const document = JSON.parse(plane.kubeconfig.reveal());
      document.users[0].user.token = body.status.token;
      deployer = await connect(new Secret(JSON.stringify(document)));
    });
    afterAll(() => deployer?.close());

    const carry = async (image: PublishedImage) => {
      events.length = 0;
      const cluster = { provider: 'kubeconfig', registry: { name: 'registry.test:5000', prefix: 'shop' } };
      await admit([image, database], { client: deployer, cluster: cluster as Cluster });
      return events.flatMap((event) => (event.kind === 'warning' ? [event.problem.what] : []));
    };

    test('says that the policy cannot be made, and goes on', async () => {
      expect(await carry(releaseOf(200))).toEqual([
        'the cluster runs any image, also one of no release: the credentials may not list validatingadmissionpolicies, ' +
          'patch validatingadmissionpolicies, list validatingadmissionpolicybindings, patch validatingadmissionpolicybindings',
      ]);
    });

    test('where somebody else has made it, a release is let in by the list alone', async () => {
      const rule = { apiGroups: ['admissionregistration.k8s.io'], verbs: ['get'] };
      await bind('policy-reader', 'deployer', [{ ...rule, resources: ['validatingadmissionpolicies'] }]);
      await until('the right is there', () => deployer.get(policy), Boolean);
      expect(await carry(releaseOf(201))).toEqual([]);
      await expect(make('deployments', releaseOf(201).reference)).resolves.toMatchObject({ status: 201 });
      await expect(make('deployments', foreign)).rejects.toThrow(unknown(foreign));
    });

    test('who may do everything within the namespace decides nothing about the list', async () => {
      const review = async (resource: object) => {
        const { body } = await client.send<{ readonly status: { readonly allowed: boolean } }>({
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
          body: { spec: { user: 'developer', resourceAttributes: { namespace: 'shop', ...resource } } },
        });
        return body.status.allowed;
      };
      await client.send({
        method: 'POST',
        path: '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings',
        body: {
          metadata: { name: 'developer' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'developer' }],
        },
      });
      await until(
        'the role holds',
        () => review({ verb: 'patch', resource: 'deployments', group: 'apps' }),
        Boolean,
      );
      expect(await review({ verb: 'patch', resource: 'namespaces', name: 'shop' })).toBe(false);
      expect(await review({ verb: 'update', resource: 'namespaces', name: 'shop' })).toBe(false);
    });
  });

  test('without the list nothing is let in', async () => {
    await write(null, 'mallory');
    await until(
      'the server has noticed',
      () => make('deployments', web.reference).then(() => 'taken', String),
      (answer) => answer.includes(unknown(web.reference)),
    );
    await expect(make('pods', web.reference)).rejects.toThrow(unknown(web.reference));
    await admit([web, database]);
    await expect(make('pods', web.reference)).resolves.toMatchObject({ status: 201 });
  });
});

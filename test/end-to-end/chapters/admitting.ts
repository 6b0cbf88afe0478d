import { beforeAll, describe, expect, test } from 'vitest';
import type { Deployment, Namespace, Pod } from '../../../path/src/kubernetes/objects.ts';
import { jsonLines } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';

const namespace = '/api/v1/namespaces/hello';
const deployment = '/apis/apps/v1/namespaces/hello/deployments/frontend';
const binding =
  '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/hello.images.ptp.dev';
const foreign = `registry.ptp.internal/hello/frontend@sha256:${'0'.repeat(64)}`;

/** Only what came out of the path runs: the cluster itself refuses the rest, whoever asks. */
export function admitting(system: System): void {
  beforeAll(() => system.must('up'));

  /** Tries what would be made, as the cluster's administrator; nothing is made. */
  const tried = (path: string, body: unknown, method: 'POST' | 'PATCH' = 'POST') =>
    system.cluster((client) =>
      client
        .send({
          method,
          path,
          query: { dryRun: 'All' },
          body,
          ...(method === 'PATCH' ? { contentType: 'application/strategic-merge-patch+json' } : {}),
        })
        .then(() => 'taken', String),
    );
  const podWith = async (image: string) => {
    const [running] = await system.podsOf('frontend');
    const pod = await system.cluster((client) => client.get<Pod>(`${namespace}/pods/${running.name}`));
    const { name: _, nodeName: __, ...spec } = { name: '', ...pod.spec };
    const containers = (pod.spec?.containers ?? []).map((container) => ({ ...container, image }));
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'by-hand' }, spec: { ...spec, containers } };
  };
  const imageThatRuns = async () => {
    const { spec } = await system.cluster((client) => client.get<Deployment>(deployment));
    return spec?.template.spec?.containers[0]?.image ?? '';
  };
  const image = (name: string) => ({
    spec: { template: { spec: { containers: [{ name: 'frontend', image: name }] } } },
  });

  describe('by hand', () => {
    test('an image of the release can be run', async () => {
      expect(await tried(`${namespace}/pods`, await podWith(await imageThatRuns()))).toBe('taken');
    });

    test('another image cannot, and the refusal says what to do', async () => {
      const refusal = `hello refuses ${foreign}: it is not an image of a recorded release of hello. Carry it with \`ptp up\`.`;
      expect(await tried(`${namespace}/pods`, await podWith(foreign))).toContain(refusal);
      expect(await tried(deployment, image(foreign), 'PATCH')).toContain(refusal);
    });

    test('neither can a tag, although it names the image that runs', async () => {
      const tag = (await imageThatRuns()).replace(/@.*/, ':latest');
      expect(await tried(deployment, image(tag), 'PATCH')).toContain(
        `hello refuses ${tag}: it is not named by its digest`,
      );
    });

    test('nor a container for debugging in a pod that runs', async () => {
      const [pod] = await system.podsOf('gateway');
      const path = `${namespace}/pods/${pod.name}/ephemeralcontainers`;
      const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
      const body = { spec: { ephemeralContainers: [{ name: 'debug', image: 'busybox', securityContext }] } };
      expect(await tried(path, body, 'PATCH')).toContain('hello refuses busybox');
    });
  });

  test('all that runs is listed', async () => {
    const { metadata } = await system.cluster((client) => client.get<Namespace>(namespace));
    const lines = (metadata.annotations?.['ptp.dev/images'] ?? '').split('\n');
    const { items } = await system.cluster((client) =>
      client.get<{ readonly items: readonly Pod[] }>(`${namespace}/pods`),
    );
    const images = items.flatMap(({ spec }) => spec?.containers.map((one) => one.image ?? '') ?? []);
    expect(images.length).toBeGreaterThan(6);
    for (const [repository, digest] of images.map((one) => one.split('@')))
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${repository} .*${digest}`)));
  });

  test('a policy that somebody has taken away is in force again after up', async () => {
    await system.cluster((client) => client.send({ method: 'DELETE', path: binding }));
    const events = jsonLines(await system.must('up', '--json'));
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'object-applied', step: 'admission', change: 'created' }),
    );
    expect(await tried(`${namespace}/pods`, await podWith(foreign))).toContain(`hello refuses ${foreign}`);
  });
}

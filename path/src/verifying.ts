import type { Check, VerifyOptions } from './cli/actions.ts';
import { UserMistake } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { signingKey } from './evidence/signing/signers.ts';
import { verifyEvidence } from './evidence/verify.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { label } from './kubernetes/labels.ts';
import { list } from './kubernetes/list.ts';
import type { Pod } from './kubernetes/objects.ts';
import { driftFrom } from './operate/drift.ts';
import type { Project } from './project/project.ts';
import { openAttachments } from './registry/attachments.ts';
import { missingImages } from './registry/missing-images.ts';
import { meantToRun, type ReleaseRecord } from './releases/record.ts';
import { readReleases } from './releases/store.ts';

interface Place {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
}

/**
 * Proves that what runs is what was intended: the images that pods run are those of the release, the registry has them,
 * each is signed with the project's key together with its provenance and its parts, the lists of parts have all that
 * lies in the layers, and nothing was changed by hand. Of a release that no longer serves only the images are looked at.
 * @throws UserMistake where there is no such release
 */
export async function verify(
  context: Context,
  { client, cluster, project }: Place,
  { release: number, rebuild }: VerifyOptions,
): Promise<readonly Check[]> {
  const records = await readReleases(context, client, project);
  const serving = meantToRun(records);
  const release =
    number === undefined || number === serving?.number
      ? serving
      : records.find((one) => one.number === number);
  if (release === undefined)
    throw new UserMistake({
      what: number === undefined ? 'nothing was released here yet' : `there is no release ${number}`,
      next: number === undefined ? 'Run `ptp up`.' : 'Run `ptp history`.',
    });
  const checks = await Promise.all([
    inRegistry(context, cluster, release),
    evidence(context, { client, cluster, project }, release),
    ...(release === serving
      ? [running(context, client, project, release), drift(context, client, project, release)]
      : []),
  ]);
  const rebuilt = rebuild ? await rebuiltChecks(context, project, release) : [];
  return [...checks.flat(), ...rebuilt];
}

async function inRegistry(
  context: Context,
  { registry }: Cluster,
  { number, images }: ReleaseRecord,
): Promise<readonly Check[]> {
  const missing = await missingImages(context, registry, images);
  const found = missing.length === 0 ? `all ${images.length}, by digest` : `missing: ${missing.join(', ')}`;
  return [
    {
      name: `images of release ${number} in the registry`,
      ok: missing.length === 0,
      found,
      ...(missing.length === 0 ? {} : { next: 'Run `ptp up`: it publishes what is missing.' }),
    },
  ];
}

async function evidence(
  context: Context,
  { cluster, project }: Place,
  { images }: ReleaseRecord,
): Promise<readonly Check[]> {
  const publicKey = await signingKey(project.name, process.env);
  const attachments = openAttachments(context, cluster.registry);
  try {
    const verified = await Promise.all(
      images.map(({ name, digest }) =>
        verifyEvidence(context, { attachments, image: name, digest, publicKey, complete: true }),
      ),
    );
    return verified.map(({ image, key, findings, good, problems }) => {
      const [problem] = problems;
      return {
        name: `evidence of ${image}`,
        ok: good,
        found: good
          ? `${findings.map(({ kind }) => kind).join(', ')}, signed with ${key.slice(0, 19)}; the lists have all that is in it`
          : problems.map(({ what }) => what).join('; '),
        ...(problem?.next === undefined ? {} : { next: problem.next }),
      };
    });
  } finally {
    await attachments.close();
  }
}

async function running(
  context: Context,
  client: KubernetesClient,
  project: Project,
  { number, images }: ReleaseRecord,
): Promise<readonly Check[]> {
  const { namespace } = project.target;
  const pods = await list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace }, context.signal);
  const alive = pods.filter(
    ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running',
  );
  const known = new Set<string>(images.map(({ digest }) => digest));
  const containers = alive.flatMap(({ metadata, status }) =>
    [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ].map(({ name, imageID }) => ({
      where: `${metadata.labels?.[label.component] ?? metadata.name}/${name}`,
      digest: /sha256:[0-9a-f]{64}$/.exec(imageID)?.[0] ?? imageID,
    })),
  );
  const others = containers.filter(({ digest }) => !known.has(digest));
  const ok = containers.length > 0 && others.length === 0;
  const found = ok
    ? `${containers.length} containers in ${alive.length} pods run images of it`
    : containers.length === 0
      ? 'no container runs'
      : others.map(({ where, digest }) => `${where} runs ${digest}`).join('; ');
  const next = ok ? {} : { next: 'Run `ptp up`, and find out who started what is not of it.' };
  return [{ name: `what runs is release ${number}`, ok, found, ...next }];
}

async function drift(
  context: Context,
  client: KubernetesClient,
  project: Project,
  release: ReleaseRecord,
): Promise<readonly Check[]> {
  const problems = await driftFrom(context, client, project.name, release);
  const count = Object.values(release.manifests).flat().length;
  const ok = problems.length === 0;
  const found = ok
    ? `${count} objects are as recorded`
    : problems.map(({ where, what }) => `${where?.object}: ${what}`).join('; ');
  return [{ name: 'nothing was changed by hand', ok, found, ...(ok ? {} : { next: 'Run `ptp up`.' }) }];
}

async function rebuiltChecks(
  context: Context,
  project: Project,
  release: ReleaseRecord,
): Promise<readonly Check[]> {
  const { source, images } = release;
  const name = (image: string) => `${image}, built again`;
  if (source === undefined || !source.clean) {
    const found =
      source === undefined
        ? `no commit is known of release ${release.number}`
        : `release ${release.number} was made from ${source.commit.slice(0, 12)} with changes that no commit has`;
    const next = 'Commit, and run `ptp up`.';
    return [{ name: 'built again from its commit', ok: false, found, next }];
  }
  const { rebuild } = await import('./rebuilding.ts');
  const built = await rebuild(context, project, source.commit);
  return images.map((image): Check => {
    const again = built.get(image.name);
    const ok = again === image.digest;
    const found = ok
      ? `${again} from ${source.commit.slice(0, 12)}`
      : `${again ?? 'nothing'}, not ${image.digest}`;
    const next =
      'Compare the two with `ptp build --output` and the registry: one of them is not what the commit says.';
    return { name: name(image.name), ok, found, ...(ok ? {} : { next }) };
  });
}

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Bill } from '../core/bill.ts';
import type { ObservedUse } from '../core/cost.ts';
import type { Attachments, Cluster } from '../core/handover.ts';
import type { Watching } from '../core/watching.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { getObject, list } from '../kubernetes/list.ts';
import type { AnyObject, NodeObject, Pod, SecretObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { servingRelease } from '../releases/record.ts';
import { readReleases } from '../releases/store.ts';
import { readImage } from './image.ts';
import { readRequests } from './requests.ts';
import type { CertificateFacts, SecretFacts, Snapshot } from './snapshot.ts';
import { readUsage } from './usage.ts';

/** What a snapshot is read from. */
export interface SnapshotInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  readonly url: string;
  readonly attachments: Attachments;
  /** Asks the monitoring; undefined where there is none. */
  watching(): Promise<Watching | undefined>;
  /** Asks it what components have used; empty where there is none. */
  observed(): Promise<readonly ObservedUse[]>;
  /** What a target in a public cloud costs; undefined for any other. */
  bill(): Promise<Bill | undefined>;
  /** The name of the project's admission policy. */
  readonly admissionPolicy: string;
}

const namespaced: readonly (readonly [string, string])[] = [
  ['v1', 'Pod'],
  ['v1', 'Service'],
  ['v1', 'ServiceAccount'],
  ['v1', 'ConfigMap'],
  ['v1', 'PersistentVolumeClaim'],
  ['v1', 'Event'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'ReplicaSet'],
  ['apps/v1', 'StatefulSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['policy/v1', 'PodDisruptionBudget'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['gateway.networking.k8s.io/v1', 'Gateway'],
  ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
  ['cert-manager.io/v1', 'Issuer'],
  ['cert-manager.io/v1', 'Certificate'],
];
const clusterWide: readonly (readonly [string, string])[] = [
  ['storage.k8s.io/v1', 'StorageClass'],
  ['gateway.networking.k8s.io/v1', 'GatewayClass'],
];

/**
 * Reads a system as it is now. What cannot be read (a registry that does not answer, nodes that may not be asked) is
 * noted in `unread` and is no failure. Values of Secrets are neither kept nor looked at, but for certificates.
 * @throws StepFailed where the cluster does not answer
 */
export async function readSnapshot(context: Context, input: SnapshotInput): Promise<Snapshot> {
  const { client, cluster, project, url } = input;
  const { namespace } = project.target;
  const unread: { what: string; why: string }[] = [];
  const attempt = async <T>(what: string, fallback: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      context.signal.throwIfAborted();
      unread.push({ what, why: error instanceof Error ? error.message : String(error) });
      return fallback;
    }
  };
  const shownAs = 'ptp.yaml';
  const [text, nodes, objects, secrets, releases] = await Promise.all([
    readFile(join(project.folder, shownAs), 'utf8').catch(() => ''),
    attempt('nodes', [], () => list<NodeObject>(client, { apiVersion: 'v1', kind: 'Node' }, context.signal)),
    readObjects(context, input, attempt),
    list<SecretObject>(client, { apiVersion: 'v1', kind: 'Secret', namespace }, context.signal),
    readReleases({ signal: context.signal, emit: () => {} }, client, project),
  ]);
  const pods = objects.filter(({ kind }) => kind === 'Pod') as unknown as readonly Pod[];
  const [usage, observed, requests, watching, bill, images] = await Promise.all([
    attempt('what pods use', [], () => readUsage(client, nodes, context.signal)),
    attempt('what components have used', [], () => input.observed()),
    readRequests(client, project, pods, context.signal),
    attempt('what the monitoring says', undefined, () => input.watching()),
    attempt('what the target costs', undefined, () => input.bill()),
    Promise.all(
      (servingRelease(releases)?.images ?? []).map((image) =>
        attempt(`image ${image.name} in the registry`, { ...image, attached: [] }, () =>
          readImage(input.attachments, image),
        ),
      ),
    ),
  ]);
  const { registry } = cluster;
  return {
    taken: context.clock.now().toISOString(),
    project: {
      ...project,
      components: project.components.map((one) => ({ ...one, source: relative(project.folder, one.source) })),
    },
    file: { shownAs, text },
    cluster: {
      name: cluster.name,
      provider: cluster.provider,
      version: cluster.version,
      gatewayClass: cluster.gatewayClass,
      ...(cluster.entry === undefined ? {} : { entry: cluster.entry }),
      ...(cluster.storageClass === undefined ? {} : { storageClass: cluster.storageClass }),
      registry: { url: registry.url, name: registry.name, prefix: registry.prefix },
    },
    url,
    nodes,
    objects,
    secrets: secrets.map(secretFacts),
    releases,
    certificates: secrets.flatMap(certificateFacts),
    images,
    usage,
    observed,
    requests,
    ...(watching === undefined ? {} : { watching }),
    ...(bill === undefined ? {} : { bill }),
    unread,
  };
}

type Attempt = <T>(what: string, fallback: T, work: () => Promise<T>) => Promise<T>;

async function readObjects(
  context: Context,
  { client, project, admissionPolicy }: SnapshotInput,
  attempt: Attempt,
): Promise<readonly AnyObject[]> {
  const { namespace } = project.target;
  const admission = 'admissionregistration.k8s.io/v1';
  const [inNamespace, wide, single] = await Promise.all([
    Promise.all(
      namespaced.map(([apiVersion, kind]) => list(client, { apiVersion, kind, namespace }, context.signal)),
    ),
    Promise.all(
      clusterWide.map(([apiVersion, kind]) =>
        attempt(`${kind}s`, [], () => list(client, { apiVersion, kind }, context.signal)),
      ),
    ),
    Promise.all(
      [
        { apiVersion: 'v1', kind: 'Namespace', name: namespace },
        { apiVersion: admission, kind: 'ValidatingAdmissionPolicy', name: admissionPolicy },
        { apiVersion: admission, kind: 'ValidatingAdmissionPolicyBinding', name: admissionPolicy },
      ].map((key) => attempt(key.kind, undefined, () => getObject(client, key, context.signal))),
    ),
  ]);
  return [...inNamespace.flat(), ...wide.flat(), ...single.flatMap((one) => one ?? [])];
}

function secretFacts({ metadata, type = 'Opaque', data = {} }: SecretObject): SecretFacts {
  return {
    name: metadata.name,
    type,
    keys: Object.keys(data).toSorted(),
    ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
    ...(metadata.creationTimestamp === undefined ? {} : { created: metadata.creationTimestamp }),
  };
}

function certificateFacts({ metadata, type, data }: SecretObject): readonly CertificateFacts[] {
  const encoded = type === 'kubernetes.io/tls' ? data?.['tls.crt'] : undefined;
  if (encoded === undefined) return [];
  try {
    const one = new X509Certificate(Buffer.from(encoded, 'base64'));
    return [
      {
        secret: metadata.name,
        subject: one.subject,
        names: (one.subjectAltName ?? '').split(', ').flatMap((name) => name.replace('DNS:', '') || []),
        issuer: one.issuer,
        from: one.validFromDate.toISOString(),
        until: one.validToDate.toISOString(),
        serial: one.serialNumber,
        authority: one.ca,
      },
    ];
  } catch {
    return []; // not filled in yet
  }
}

/** The selector of a project's own objects, for those who prove facts with other tools. */
export function selectorOf(project: Project): string {
  return ownedBy(project.name);
}

import type { KubernetesClient } from '../kubernetes/client.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import type { AnyObject, PodSpec } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';

const templated = ['Deployment', 'StatefulSet', 'ReplicaSet'] as const;

/** The images that a namespace uses now, sorted. */
export interface LiveImages {
  /** Of pods, and of templates that controllers make pods from: also those that a rollback would take. */
  readonly used: readonly string[];
  /** Those of them that the path itself has applied. */
  readonly applied: readonly string[];
}

/** Looks at what a project's namespace runs. */
export async function liveImages(
  client: KubernetesClient,
  { name, target: { namespace } }: Project,
  signal: AbortSignal,
): Promise<LiveImages> {
  const [pods, applied, ...templates] = await Promise.all([
    list(client, { apiVersion: 'v1', kind: 'Pod', namespace }, signal),
    Promise.all(
      (['Deployment', 'StatefulSet'] as const).map((kind) =>
        list(client, { apiVersion: 'apps/v1', kind, namespace, labels: ownedBy(name) }, signal),
      ),
    ),
    ...templated.map((kind) => list(client, { apiVersion: 'apps/v1', kind, namespace }, signal)),
  ]);
  return { used: imagesOf([...pods, ...templates.flat()]), applied: imagesOf(applied.flat()) };
}

function imagesOf(objects: readonly AnyObject[]): readonly string[] {
  const images = objects.map(podSpec).flatMap((spec) => [
    ...[...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ image }) => image),
    // A container for debugging: nothing else is in a pod without having been in its template.
    ...(spec?.ephemeralContainers ?? []).map(({ image }) => image),
    ...(spec?.volumes ?? []).map((volume) => volume.image?.reference),
  ]);
  return [...new Set(images.filter((image) => image !== undefined))].sort();
}

function podSpec({ kind, spec }: AnyObject): PodSpec | undefined {
  const holder = kind === 'Pod' ? { spec } : (spec?.template as { readonly spec?: unknown } | undefined);
  return holder?.spec as PodSpec | undefined;
}

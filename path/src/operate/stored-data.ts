import type { StoredData } from '../cli/actions.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { label } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import type { PersistentVolumeClaim, Pod } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { ownNamespace } from './remove.ts';

/** What `down --data` would delete for good from a cluster that goes on running: all volumes of the namespace. */
export async function storedData(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
): Promise<readonly StoredData[]> {
  if ((await ownNamespace(context, client, project)) === undefined) return [];
  const { namespace } = project.target;
  const [claims, pods] = await Promise.all([
    list<PersistentVolumeClaim>(
      client,
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace },
      context.signal,
    ),
    list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace }, context.signal),
  ]);
  const used =
    claims.length === 0 ? new Map<string, number>() : await usedBytes(context, client, namespace, pods);
  return claims.map(({ metadata, spec, status }) => {
    const size = status?.capacity?.storage ?? spec?.resources?.requests?.storage;
    const bytes = used.get(metadata.name);
    return {
      name: metadata.labels?.[label.service] ?? metadata.name,
      ...(size === undefined ? {} : { size }),
      ...(bytes === undefined ? {} : { used: bytes }),
    };
  });
}

interface Summary {
  readonly pods?: readonly {
    readonly podRef?: { readonly namespace?: string };
    readonly volume?: readonly {
      readonly usedBytes?: number;
      readonly pvcRef?: { readonly name?: string };
    }[];
  }[];
}

/** Claim → bytes, as the nodes of the pods measure them; without those that they do not or may not tell. */
async function usedBytes(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  namespace: string,
  pods: readonly Pod[],
): Promise<ReadonlyMap<string, number>> {
  const nodes = new Set(pods.flatMap(({ spec }) => spec?.nodeName ?? []));
  const summaries = await Promise.all(
    [...nodes].map((node) =>
      client
        .find<Summary>(`/api/v1/nodes/${encodeURIComponent(node)}/proxy/stats/summary`, {}, context.signal)
        .catch((error: unknown) => {
          if (error instanceof KubernetesError) return undefined;
          throw error;
        }),
    ),
  );
  const volumes = summaries
    .flatMap((summary) => summary?.pods ?? [])
    .filter(({ podRef }) => podRef?.namespace === namespace)
    .flatMap(({ volume }) => volume ?? []);
  return new Map(
    volumes.flatMap(({ usedBytes: bytes, pvcRef }) =>
      bytes === undefined || pvcRef?.name === undefined ? [] : [[pvcRef.name, bytes] as const],
    ),
  );
}

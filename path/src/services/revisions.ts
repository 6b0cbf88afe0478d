import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { hashOf } from '../kubernetes/hash.ts';
import { getObject } from '../kubernetes/list.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { secretNames } from './service.ts';

/** The revisions of the credentials as the cluster has them, by service; without those that have none yet. */
export async function bindingRevisions(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  { services, target }: Project,
): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(
    services.map(async (service) => {
      const name = secretNames(service).binding;
      const key = { apiVersion: 'v1', kind: 'Secret', name, namespace: target.namespace };
      const secret = await getObject<SecretObject>(client, key, context.signal);
      return secret?.data === undefined ? [] : [[service.name, hashOf(secret.data)] as const];
    }),
  );
  return new Map(found.flat());
}

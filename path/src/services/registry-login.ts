import type { Cluster } from '../core/handover.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';

/**
 * The Secret with which backups are sent to the project's registry: `auth`, as in the header of HTTP's basic
 * authentication (RFC 7617). The login is the one that this machine pushes with; undefined where it has none.
 */
export function registryLogin(
  { registry, pullSecret }: Pick<Cluster, 'registry' | 'pullSecret'>,
  project: Project,
  name: string,
): SecretObject | undefined {
  const { credentials } = registry;
  const auth =
    credentials === undefined
      ? authOf(pullSecret?.reveal())
      : Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64');
  if (auth === undefined) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-registry`, namespace: project.target.namespace },
    type: 'Opaque',
    data: { auth: Buffer.from(auth).toString('base64') },
  };
}

/** The one login of a `.dockerconfigjson` document. */
function authOf(document: string | undefined): string | undefined {
  if (document === undefined) return undefined;
  const { auths = {} } = JSON.parse(document) as {
    readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  };
  return Object.values(auths)[0]?.auth;
}

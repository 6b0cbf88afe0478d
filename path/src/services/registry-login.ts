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

/**
 * Who logs in with what a cloud gives for some hours: Amazon's (12 h), Google's (1 h) and Azure's (3 h) registries. A schedule
 * that has such a login fails from then on, and nobody is there to renew it.
 */
const passing = new Set(['AWS', 'oauth2accesstoken', '00000000-0000-0000-0000-000000000000']);

/** Whether the login in a Secret ends within hours. Pure. */
export function endsSoon({ data }: SecretObject): boolean {
  const pair = Buffer.from(Buffer.from(data?.auth ?? '', 'base64').toString(), 'base64').toString();
  return passing.has(pair.slice(0, pair.indexOf(':')));
}

/** The one login of a `.dockerconfigjson` document. */
function authOf(document: string | undefined): string | undefined {
  if (document === undefined) return undefined;
  const { auths = {} } = JSON.parse(document) as {
    readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  };
  return Object.values(auths)[0]?.auth;
}

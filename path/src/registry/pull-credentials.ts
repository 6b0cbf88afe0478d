import type { RegistryAccess } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import type { Context } from '../effects/context.ts';
import { configKey, findCredentials } from './credentials.ts';

/**
 * A `.dockerconfigjson` document with which nodes may pull what is pushed: this machine's own credentials for the
 * registry. Undefined where there are none, and where the registry's are part of the cluster, whose nodes know them.
 * Tells of credentials that only a person can use, or that end soon.
 */
export async function pullCredentials(
  context: Context,
  registry: RegistryAccess,
): Promise<Secret | undefined> {
  if (registry.credentials !== undefined) return undefined;
  const { credentials, source } = await findCredentials(context.processes, registry.name);
  if (credentials === undefined) return undefined;
  const warn = (what: string, next: string) =>
    context.emit({ kind: 'warning', step: 'registry', problem: { what, next } });
  const rights = `Give the nodes rights of their own to pull from ${registry.name}.`;
  if (credentials.kind !== 'password') {
    warn(`the login for ${registry.name} is a token that nodes cannot pull with (${source})`, rights);
    return undefined;
  }
  if (source.startsWith('docker-credential-')) {
    const what = `the nodes are given the credentials for ${registry.name} that ${source} tells, and such may end soon`;
    warn(what, rights);
  }
  const auth = Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64');
  return new Secret(JSON.stringify({ auths: { [configKey(registry.name)]: { auth } } }));
}

import { StepFailed } from '../../core/failure.ts';
import type { RegistryAccess } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { Project } from '../../project/project.ts';
import { type Api, text } from './api.ts';

/** The user that a registry's own tokens go by (Microsoft's documentation, "ACR authentication"). */
const user = '00000000-0000-0000-0000-000000000000';

/**
 * A registry with a token of its own, which ACR gives for one of Entra ID's and which is good for three hours.
 * @param host `shopazure1a2b3c4d.azurecr.io`
 */
export async function accessTo(
  api: Api,
  project: Project,
  host: string,
  signal: AbortSignal,
): Promise<RegistryAccess> {
  const url = `https://${host}`;
  const token = await api.token('https://containerregistry.azure.net/.default');
  const response = await fetch(`${url}/oauth2/exchange`, {
    method: 'POST',
    signal,
    body: new URLSearchParams({
      grant_type: 'access_token',
      service: host,
      tenant: api.tenant,
      access_token: token.reveal(),
    }),
  });
  const answer: unknown = response.ok ? await response.json() : undefined;
  const given = text(answer, 'refresh_token');
  if (given === undefined)
    throw new StepFailed({
      what: `the registry ${host} gives no token: HTTP ${response.status}`,
      next: 'You need the actions push/write and pull/read on the registry: docs/permissions/azure.json has them.',
    });
  return {
    url,
    name: host,
    prefix: project.name,
    credentials: { username: user, password: new Secret(given) },
  };
}

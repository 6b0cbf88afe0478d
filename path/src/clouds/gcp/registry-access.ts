import type { RegistryAccess } from '../../core/handover.ts';
import type { GoogleApi } from './api.ts';
import type { Repository } from './resources/registry.ts';

/** Where images go, with a token of ours as the password (Artifact Registry takes access tokens so). */
export async function registryAccess(api: GoogleApi, { uri }: Repository): Promise<RegistryAccess> {
  const [name = '', ...path] = uri.split('/');
  const scheme = /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(name) ? 'http' : 'https';
  return {
    url: `${scheme}://${name}`,
    name,
    prefix: path.join('/'),
    credentials: { username: 'oauth2accesstoken', password: await api.token() },
  };
}

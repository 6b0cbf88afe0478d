import type { Problem } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import type { Resource } from '../resource.ts';
import { type Answer, type Api, AzureError, part, text } from './api.ts';
import { type Granted, lacking } from './permissions.ts';
import { serverName } from './resources/database.ts';
import { registryName } from './resources/registry.ts';
import { services } from './resources/services.ts';
import { versions } from './versions.ts';

/** What stands in the way of making what is wanted, as far as Azure tells. Asks, and changes nothing. */
export async function obstaclesOf(
  api: Api,
  project: Project,
  wanted: readonly Resource<Api>[],
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const ids = new Set(wanted.map(({ id }) => id));
  const all = await Promise.all([
    permissions(api, signal),
    providers(api, signal),
    ...(ids.has('cluster') ? [quotas(api, project, signal)] : []),
    ...(ids.has('registry') ? [registryTaken(api, project, signal)] : []),
    ...project.services
      .filter(({ name }) => ids.has(`database-${name}`))
      .map((service) => serverTaken(api, serverName(project, service), signal)),
  ]);
  return all.flat();
}

/** What the caller may do in the subscription, compared with what this folder asks for. */
async function permissions(api: Api, signal: AbortSignal): Promise<readonly Problem[]> {
  const path = `/subscriptions/${api.subscription}/providers/Microsoft.Authorization/permissions`;
  let granted: readonly Answer[];
  try {
    granted = await api.list(path, versions.authorization, signal);
  } catch (error) {
    if (error instanceof AzureError && error.status === 403) granted = [];
    else throw error;
  }
  const missing = lacking(granted.map(grantedBy));
  if (missing.length === 0) return [];
  return [
    {
      what: `you may not do in the subscription ${api.subscription}: ${missing.join(', ')}`,
      next: 'Ask for the role in docs/permissions/azure.json, or for Owner. (A role on a resource group alone is not seen here.)',
    },
  ];
}

function grantedBy(answer: Answer): Granted {
  const of = (key: string) => (Array.isArray(answer[key]) ? answer[key].map(String) : []);
  return { actions: of('actions'), notActions: of('notActions') };
}

/** Registering takes minutes and a right of its own; it is told where somebody turned a service off. */
async function providers(api: Api, signal: AbortSignal): Promise<readonly Problem[]> {
  const states = await Promise.all(
    services.map(async (service) => {
      const path = `/subscriptions/${api.subscription}/providers/${service}`;
      return [service, text(await api.get(path, versions.resources, signal), 'registrationPolicy')] as const;
    }),
  );
  return states
    .filter(([, policy]) => policy === 'RegistrationDisallowed')
    .map(([service]) => ({
      what: `the subscription may not use ${service}`,
      next: 'Ask whoever runs the subscription.',
    }));
}

/** At least what one node and one load balancer take; AKS picks the machines, so the sum over all kinds counts. */
async function quotas(api: Api, project: Project, signal: AbortSignal): Promise<readonly Problem[]> {
  const region = project.target.cloud?.region ?? '';
  const usages = async (service: string) =>
    api.list(
      `/subscriptions/${api.subscription}/providers/${service}/locations/${region}/usages`,
      service === 'Microsoft.Network' ? versions.network : versions.usages,
      signal,
    );
  const [compute, network] = await Promise.all([usages('Microsoft.Compute'), usages('Microsoft.Network')]);
  return [
    ...short(compute, 'cores', 4, `processors in ${region}`),
    ...short(network, 'PublicIPAddresses', 2, `public addresses in ${region}`),
    ...short(network, 'VirtualNetworks', 1, `virtual networks in ${region}`),
  ];
}

function short(usages: readonly Answer[], name: string, wanted: number, words: string): readonly Problem[] {
  const usage = usages.find(
    (each) => text(part(each, 'name'), 'value')?.toLowerCase() === name.toLowerCase(),
  );
  if (usage === undefined) return [];
  const left = Number(usage.limit) - Number(usage.currentValue);
  if (!(left < wanted)) return [];
  return [
    {
      what: `the subscription's quota leaves ${Math.max(0, left)} ${words}, and ${wanted} are needed`,
      next: 'Ask for more in the portal under Quotas, or take another region.',
    },
  ];
}

async function registryTaken(api: Api, project: Project, signal: AbortSignal): Promise<readonly Problem[]> {
  const name = registryName(project);
  return taken(
    api,
    'Microsoft.ContainerRegistry',
    versions.registry,
    name,
    signal,
    'Microsoft.ContainerRegistry/registries',
  );
}

async function serverTaken(api: Api, name: string, signal: AbortSignal): Promise<readonly Problem[]> {
  const type = 'Microsoft.DBforPostgreSQL/flexibleServers';
  return taken(api, 'Microsoft.DBforPostgreSQL', versions.database, name, signal, type);
}

/** Names of these are unique in all of Azure. */
async function taken(
  api: Api,
  service: string,
  version: string,
  name: string,
  signal: AbortSignal,
  type: string,
): Promise<readonly Problem[]> {
  const path = `/subscriptions/${api.subscription}/providers/${service}/checkNameAvailability`;
  try {
    const answer = await api.send('POST', path, version, signal, { name, type });
    if (answer.nameAvailable !== false) return [];
  } catch (error) {
    // Not registered yet, or not allowed: making it says so itself.
    if (error instanceof AzureError && error.status < 500) return [];
    throw error;
  }
  return [
    {
      what: `somebody else has a ${type} called ${name}; there is one of a name in all of Azure`,
      next: 'Give the project, the target or the domain another name.',
    },
  ];
}

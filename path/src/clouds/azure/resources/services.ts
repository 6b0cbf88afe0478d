import type { Resource } from '../../resource.ts';
import { type Api, text } from '../api.ts';
import { versions } from '../versions.ts';

/** Services that a subscription has to be registered for: Azure asks that of every subscription, once. */
export const services = [
  'Microsoft.ContainerService',
  'Microsoft.ContainerRegistry',
  'Microsoft.DBforPostgreSQL',
  'Microsoft.ManagedIdentity',
  'Microsoft.Network',
  'Microsoft.Compute',
  'Microsoft.PolicyInsights',
] as const;

/** The registrations. They are the subscription's, cost nothing and stay when the rest goes. */
export function servicesResource(): Resource<Api> {
  const at = (api: Api, service: string) => `/subscriptions/${api.subscription}/providers/${service}`;
  const statesOf = (api: Api, signal: AbortSignal) =>
    Promise.all(
      services.map(async (service) => {
        const answer = await api.get(at(api, service), versions.resources, signal);
        return { service, state: text(answer, 'registrationState') ?? 'NotRegistered' };
      }),
    );
  return {
    id: 'services',
    kind: 'registrations',
    name: "of the subscription's services",
    needs: [],
    desired: { services },
    usually: 60,
    deadline: 1800,
    stays: true,
    async find(api, { signal }) {
      const states = await statesOf(api, signal);
      if (!states.every(({ state }) => /^Register(ed|ing)$/.test(state))) return undefined;
      const ready = states.every(({ state }) => state === 'Registered');
      return { state: ready ? 'ready' : 'pending', ours: true, value: undefined, drift: [] };
    },
    async create(api, { signal }) {
      for (const { service, state } of await statesOf(api, signal))
        if (!/^Register(ed|ing)$/.test(state))
          await api.send('POST', `${at(api, service)}/register`, versions.resources, signal);
    },
    delete: () => Promise.reject(new Error("the subscription's registrations stay")),
  };
}

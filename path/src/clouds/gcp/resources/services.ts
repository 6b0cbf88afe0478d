import { z } from 'zod';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { type Service, services } from '../endpoints.ts';
import { GoogleError } from '../error.ts';
import { wordsOf } from '../failure.ts';
import { operation, operationPath } from '../operations.ts';

const answer = z.object({ services: z.array(z.object({ name: z.string(), state: z.string().optional() })) });

const hosts: Readonly<Partial<Record<Service, string>>> = { sqladmin: 'sqladmin.googleapis.com' };

/** Google's services that a stack calls, enabled in the project (Service Usage v1). They stay: others may use them. */
export function servicesResource(databases: boolean): Resource<GoogleApi, undefined> {
  const called = services.filter((name) => databases || !['sqladmin', 'servicenetworking'].includes(name));
  const ids = called.map((name) => hosts[name] ?? `${name}.googleapis.com`);
  const id = 'services';
  return {
    id,
    kind: 'enabled services',
    name: 'of the project',
    needs: [],
    desired: { serviceIds: ids },
    usually: 60,
    deadline: 900,
    stays: true,
    async find(api) {
      const names = ids.map((each) => `projects/{project}/services/${each}`);
      const path = 'v1/projects/{project}/services:batchGet';
      const { services: given } = await api.ask({ service: 'serviceusage', path, query: { names } }, answer);
      if (given.filter(({ state }) => state === 'ENABLED').length === ids.length)
        return { state: 'ready', ours: true, value: undefined, drift: [] };
      const outcome = await api.operations.outcome(api, id);
      const nothing = { ours: true, value: undefined, drift: [] };
      if (outcome instanceof GoogleError) return { ...nothing, state: 'failed', why: wordsOf(outcome) };
      return outcome === 'running' ? { ...nothing, state: 'pending' } : undefined;
    },
    async create(api) {
      const begun = await api.ask(
        {
          service: 'serviceusage',
          method: 'POST',
          path: 'v1/projects/{project}/services:batchEnable',
          body: { serviceIds: ids },
        },
        operation,
      );
      api.operations.follow(id, 'serviceusage', operationPath('serviceusage', begun.name, ''));
    },
    delete: async () => {},
  };
}

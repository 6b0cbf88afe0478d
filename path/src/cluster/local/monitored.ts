import { monitoring } from '../../core/monitoring.ts';
import type { Project } from '../../project/project.ts';
import type { Part } from '../provider.ts';

/** Whether a project's cluster is to have monitoring. */
export function monitored({ target }: Pick<Project, 'target'>): boolean {
  return target.monitoring === 'cluster';
}

interface ApiService {
  readonly spec?: { readonly service?: { readonly namespace?: string } };
}

/** Takes away what an earlier `up` with monitoring has put in. */
export const withoutMonitoring: Part = {
  name: monitoring.name,
  atHand: async () => true,
  images: async () => [],
  install: async (client) => {
    const { namespace, usageApi } = monitoring;
    // The API first: a namespace does not go while one that is registered does not answer. A cloud's is another's.
    const api = `/apis/apiregistration.k8s.io/v1/apiservices/${usageApi}`;
    const found = await client.find<ApiService>(api);
    if (found?.spec?.service?.namespace === namespace) await client.send({ method: 'DELETE', path: api });
    const path = `/api/v1/namespaces/${namespace}`;
    if ((await client.find(path)) !== undefined) await client.send({ method: 'DELETE', path });
  },
  ready: async () => {},
};

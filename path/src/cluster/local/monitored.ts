import { monitoring } from '../../core/monitoring.ts';
import type { Project } from '../../project/project.ts';
import type { Part } from '../provider.ts';

/** Whether a project's cluster is to have monitoring. */
export function monitored({ target }: Pick<Project, 'target'>): boolean {
  return target.monitoring === 'cluster';
}

/** Takes away what an earlier `up` with monitoring has put in. */
export const withoutMonitoring: Part = {
  name: monitoring.name,
  atHand: async () => true,
  images: async () => [],
  install: async (client) => {
    // The API first: a namespace does not go while one that is registered does not answer.
    for (const path of [
      `/apis/apiregistration.k8s.io/v1/apiservices/${monitoring.usageApi}`,
      `/api/v1/namespaces/${monitoring.namespace}`,
    ])
      if ((await client.find(path)) !== undefined) await client.send({ method: 'DELETE', path });
  },
  ready: async () => {},
};

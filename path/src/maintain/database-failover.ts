import { list } from '../kubernetes/list.ts';
import type { StatefulSet } from '../kubernetes/objects.ts';
import type { Drill } from './drill.ts';

/** What stands in for a database that is gone: nothing does here, and that is said. */
export const databaseFailover: Drill = {
  name: 'database-failover',
  summary: 'another database server takes over',
  async possible({ signal }, { client, cluster, project }) {
    const own = project.services.filter(({ name }) => cluster.databases?.[name] === undefined);
    if (own.length === 0)
      return {
        notPossible: "the cloud runs the database: try its own failover, and look at `ptp status`'s traffic",
      };
    const { namespace } = project.target;
    const sets = await list<StatefulSet>(
      client,
      { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace },
      signal,
    );
    const counts = own.map(({ name }) => {
      const copies = sets.find(({ metadata }) => metadata.name === name)?.spec?.replicas ?? 0;
      return `${name} has ${copies === 1 ? 'one server' : `${copies} servers`}`;
    });
    return {
      notPossible: `there is no replica that could take over: ${counts.join(', ')}; what is lost with it is what \`ptp drill restore\` says`,
    };
  },
  run: () => Promise.reject(new Error('there is nothing to fail over to')),
};

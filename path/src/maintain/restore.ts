import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Cluster } from '../core/handover.ts';
import type { Project, Service } from '../project/project.ts';
import type { Drill } from './drill.ts';
import { differences, parseTables } from './tables.ts';

/** Restores the newest backup of every service into a scratch server, and compares it with what was backed up. */
export const restore: Drill = {
  name: 'restore',
  summary: 'the newest backup is restored into a scratch server and compared',
  async possible(_context, { project, cluster }) {
    if (project.services.every(({ backup }) => backup === undefined))
      return { notPossible: 'no service has backups: write `backup: {}` into one of ptp.yaml' };
    return backedUp(project, cluster).length > 0
      ? undefined
      : { notPossible: 'the cloud runs the databases and makes their backups: ptp restores none of them' };
  },
  async run(context, { project, cluster, tools }) {
    const facts: Record<string, string | number> = {};
    const said: string[] = [];
    for (const { name } of backedUp(project, cluster)) {
      const backup = await tools.newestBackup(name);
      if (backup === undefined)
        throw new UserMistake({ what: `there is no backup of ${name} yet`, next: 'Run `ptp backup`.' });
      const age = Math.round((context.clock.now().getTime() - backup.created.getTime()) / 1000);
      const expected = parseTables(await backup.tables());
      const { tables, seconds } = await tools.rehearse(name, backup.dump());
      const found = parseTables(tables);
      const wrong = differences(expected, found);
      if (wrong.length > 0)
        throw new StepFailed({
          what: `what was restored of ${name} is not what was backed up`,
          where: { object: backup.name },
          next: 'Make a backup with `ptp backup` and try again; do not delete older ones.',
          details: wrong.slice(0, 10),
        });
      const rows = found.reduce((sum, one) => sum + one.rows, 0);
      said.push(
        `${name}: ${rows} rows in ${found.length} tables are as they were ${age} s ago, restored in ${seconds} s`,
      );
      Object.assign(facts, {
        [`${name}.backup`]: backup.name,
        [`${name}.created`]: backup.created.toISOString(),
        [`${name}.secondsLost`]: age,
        [`${name}.bytes`]: backup.bytes,
        [`${name}.tables`]: found.length,
        [`${name}.rows`]: rows,
        [`${name}.secondsToRestore`]: seconds,
      });
    }
    return { text: said.join('; '), facts };
  },
};

/** The services whose backups are ptp's. */
function backedUp({ services }: Project, { databases }: Cluster): readonly Service[] {
  return services.filter(({ name, backup }) => backup !== undefined && databases?.[name] === undefined);
}

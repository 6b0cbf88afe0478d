import type { Actions, Page, Session } from './cli/actions.ts';
import { storedLocally } from './cluster/local/stored-data.ts';
import { providers } from './cluster/providers.ts';
import { StepFailed, UserMistake } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { connect, type KubernetesClient } from './kubernetes/client.ts';
import { browse } from './operate/browse.ts';
import { detectComponents } from './operate/detect.ts';
import { generalChecks } from './operate/doctor.ts';
import { historyOf } from './operate/history.ts';
import { followLogs } from './operate/logs.ts';
import { manifestsText } from './operate/manifests.ts';
import { removeSystem } from './operate/remove.ts';
import { systemStatus, unreachable } from './operate/status.ts';
import { storedData } from './operate/stored-data.ts';
import { trust } from './operate/trust.ts';
import type { Project } from './project/project.ts';
import { readReleases } from './releases/store.ts';
import { rollBack } from './returning.ts';
import { publicUrl } from './route/plan.ts';
import { authorityOf } from './route/step.ts';

/** Serves a project's page; `rollback` is how it goes back to a release. */
export type OpenPage = (
  project: Project,
  options: { readonly port: number; readonly rollback: Actions['rollback'] },
  session: Session,
) => Promise<Page>;

/** The commands' work on clusters. */
export function clusterActions(effects: Pick<Context, 'clock' | 'processes' | 'cache'>): Omit<
  Actions,
  'build' | 'up' | 'plan' | 'signingKey' | 'ui' | 'upgrades' | 'upgrade'
> & {
  readonly openPage: OpenPage;
} {
  const context = (session: Session): Context => ({ ...effects, ...session });
  return {
    bill: async (project, session) => {
      if (project.target.cloud === undefined) return undefined;
      const { billFor } = await import('./cluster/managed/bill.ts');
      return billFor(context(session), project);
    },
    token: async (project, session) => {
      const { token } = await running(context(session), project);
      if (token !== undefined) return token();
      throw new UserMistake({
        what: `the cluster of target ${project.target.name} is not known by tokens`,
        next: 'Use `ptp kubeconfig`: it has all that kubectl needs.',
      });
    },
    down: async (project, options, session) => {
      if (project.target.cluster !== 'kubeconfig')
        return providers[project.target.cluster].remove(context(session), project, options);
      // In somebody else's cluster, what is ours is the project's namespace and not the cluster.
      return withCluster(context(session), project, (client) =>
        removeSystem(context(session), client, project, options),
      );
    },
    storedData: async (project, session) =>
      project.target.cluster === 'local'
        ? storedLocally(project)
        : withCluster(context(session), project, (client) => storedData(context(session), client, project)),
    status: async (project, session) => {
      const state = await providers[project.target.cluster].find(context(session), project);
      return systemStatus(context(session), project, state);
    },
    history: (project, session) =>
      withCluster(context(session), project, async (client) =>
        historyOf(await readReleases(context(session), client, project)),
      ),
    rollback: async (project, options, session) => {
      const cluster = await running(context(session), project);
      return withClient(context(session), cluster, (client) =>
        rollBack(context(session), { client, cluster, project }, options),
      );
    },
    verify: async (project, options, session) => {
      const cluster = await running(context(session), project);
      const { verify } = await import('./verifying.ts');
      return withClient(context(session), cluster, (client) =>
        verify(context(session), { client, cluster, project }, options),
      );
    },
    drills: (project, session) =>
      withCluster(context(session), project, async (client) => {
        const { drillStates } = await import('./maintain/results.ts');
        return drillStates(context(session), client, project);
      }),
    drill: async (project, name, options, session) => {
      const cluster = await running(context(session), project);
      const { drill } = await import('./drilling.ts');
      return withClient(context(session), cluster, (client) =>
        drill(context(session), { client, cluster, project }, name, options),
      );
    },
    explain: async (project, topic, session) => {
      const cluster = await running(context(session), project);
      const { explain } = await import('./surveying.ts');
      return withClient(context(session), cluster, (client) =>
        explain(context(session), { client, cluster, project }, topic),
      );
    },
    trace: async (project, field, session) => {
      const cluster = await running(context(session), project);
      const { trace } = await import('./surveying.ts');
      return withClient(context(session), cluster, (client) =>
        trace(context(session), { client, cluster, project }, field),
      );
    },
    cost: async (project, session) => {
      const cluster = await running(context(session), project);
      const { cost } = await import('./surveying.ts');
      return withClient(context(session), cluster, (client) =>
        cost(context(session), { client, cluster, project }),
      );
    },
    backup: async (project, session) => {
      const cluster = await running(context(session), project);
      const { backUp } = await import('./maintain/backup.ts');
      return withClient(context(session), cluster, (client) =>
        backUp(context(session), client, project, cluster),
      );
    },
    backups: async (project, service, session) => {
      const cluster = await running(context(session), project);
      const { backupsOf } = await import('./restoring.ts');
      return backupsOf(context(session), { cluster, project }, service);
    },
    restorable: async (project, wish, session) => {
      const cluster = await running(context(session), project);
      const { restorable } = await import('./restoring.ts');
      return withClient(context(session), cluster, (client) =>
        restorable(context(session), { client, cluster, project }, wish),
      );
    },
    restore: async (project, wish, session) => {
      const cluster = await running(context(session), project);
      const { restore } = await import('./restoring.ts');
      return withClient(context(session), cluster, (client) =>
        restore(context(session), { client, cluster, project }, wish),
      );
    },
    report: async (project, session) => {
      const cluster = await running(context(session), project);
      const { report } = await import('./showing.ts');
      return withClient(context(session), cluster, (client) =>
        report(context(session), { client, cluster, project }),
      );
    },
    openPage: async (project, options, session) => {
      const cluster = await running(context(session), project);
      const { show } = await import('./showing.ts');
      const client = await connect(cluster.kubeconfig, cluster.token, session.emit);
      const page = await show(context(session), { client, cluster, project }, options).catch(
        async (error: unknown) => {
          await client.close();
          throw error;
        },
      );
      return {
        url: page.url,
        close: async () => {
          await page.close();
          await client.close();
        },
      };
    },
    manifests: (project, session) =>
      withCluster(context(session), project, async (client) =>
        manifestsText(project, await readReleases(context(session), client, project)),
      ),
    logs: (project, options, onLine, session) =>
      withCluster(context(session), project, (client) =>
        followLogs(context(session), client, project, options, onLine),
      ),
    address: async (project, session) => {
      const cluster = await running(context(session), project);
      return publicUrl({ project, cluster });
    },
    browse: (url) => browse(effects.processes, url),
    trust: async (project, { remove }, session) => {
      // Whom to trust no more needs no cluster to be told: it may be gone with its data.
      if (remove) return trust(context(session), project, undefined);
      const { acme } = project.target.cloud ?? project.target;
      if (acme !== undefined)
        throw new UserMistake({
          what: `certificates of this target are issued by ${acme.server}, which is not ptp's to vouch for`,
          next: 'Nothing to do where it is a public authority; else ask whoever runs it how machines come to know it.',
        });
      const authority = await withCluster(context(session), project, (client) =>
        authorityOf(context(session), client, project.target.namespace),
      );
      return trust(context(session), project, authority);
    },
    doctor: async (project, session) => {
      const kind = project?.target.cluster ?? 'local';
      return [
        ...(await generalChecks(context(session))),
        ...(await providers[kind].check(context(session), project)),
      ];
    },
    detect: (folder) => detectComponents(folder),
    kubeconfig: async (project, session) => (await running(context(session), project)).kubeconfig,
  };
}

async function running(context: Context, project: Project): Promise<Cluster> {
  const state = await providers[project.target.cluster].find(context, project);
  if (state.state === 'running') return state.cluster;
  if (state.state === 'unreachable') throw new StepFailed(unreachable(project, state));
  throw new StepFailed({
    what: `the cluster of target ${project.target.name} does not run: it is ${state.state}`,
    next: 'Run `ptp up`.',
  });
}

async function withCluster<T>(
  context: Context,
  project: Project,
  work: (client: KubernetesClient) => Promise<T>,
): Promise<T> {
  return withClient(context, await running(context, project), work);
}

async function withClient<T>(
  { emit }: Context,
  cluster: Cluster,
  work: (client: KubernetesClient) => Promise<T>,
): Promise<T> {
  const client = await connect(cluster.kubeconfig, cluster.token, emit);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

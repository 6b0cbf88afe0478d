import type { Leftover } from '../../clouds/cloud.ts';
import { dismantle } from '../../clouds/dismantle.ts';
import { observe } from '../../clouds/observe.ts';
import { StepFailed } from '../../core/failure.ts';
import { monitoring } from '../../core/monitoring.ts';
import type { Context } from '../../effects/context.ts';
import { connect, type KubernetesClient } from '../../kubernetes/client.ts';
import { deleteObject } from '../../kubernetes/delete.ts';
import { list } from '../../kubernetes/list.ts';
import { keyOf, type ServiceObject } from '../../kubernetes/objects.ts';
import type { Project } from '../../project/project.ts';
import type { Removed } from '../provider.ts';
import { type Account, inAccount } from './account.ts';
import { kubeconfigFor } from './kubeconfig.ts';

/** Seconds that a cluster has to take its load balancers and disks away. */
const patience = 600;

/**
 * Takes away what bills, in the order that leaves nothing behind: what the cluster made in the account first, by asking
 * the cluster; then the cluster and all that belongs to it. What is somebody else's is left alone and told of.
 * @param options `data`: no last copy of the databases is kept
 */
export function remove(
  context: Context,
  project: Project,
  options: { readonly data: boolean },
): Promise<Removed> {
  return inAccount(context, project, async (account) => {
    const { stack, work } = account;
    await observe(work, stack.resources);
    await emptyCluster(context, project, account);
    const { removed, foreign, copies } = await dismantle(work, stack.resources, { lastCopy: !options.data });
    const left = await account.cloud.leftovers(account.session, project);
    tellLeft(context, left);
    return {
      removed,
      kept: [],
      left: [
        ...copies.map((name) => `the last copy of data, ${name}, which bills for its size`),
        ...foreign.map((name) => `${name}, which is not this project's`),
        ...left
          .map(({ kind, name }) => `${kind} ${name}`)
          .filter((name) => !copies.some((copy) => name.endsWith(copy))),
      ],
    };
  });
}

function tellLeft(context: Context, left: readonly Leftover[]): void {
  for (const { kind, name, kept } of left) {
    if (kept === true) continue;
    const problem = {
      what: `${kind} ${name} is still in the account and may bill`,
      next: 'Run `ptp down` again in a few minutes; where it stays, delete it in the console of the cloud.',
    };
    context.emit({ kind: 'warning', step: 'cluster', problem });
  }
}

/** Lets the cluster take away its load balancers and disks, and waits until the account has none of them. */
async function emptyCluster(context: Context, project: Project, account: Account): Promise<void> {
  const { cloud, session, stack, work } = account;
  const resource = stack.resources.find(({ id }) => id === 'cluster');
  const found = resource && work.seen.whole(resource);
  if (found === undefined || !found.ours || found.state !== 'ready') return;
  const cluster = await cloud.cluster(session, project, work.seen).catch(() => undefined);
  // One that was never whole has made nothing.
  if (cluster === undefined) return;
  const client = await connect(kubeconfigFor(project, cluster), () => cluster.token());
  try {
    await deleteMakers(context, client);
  } finally {
    await client.close();
  }
  const began = context.clock.monotonic();
  for (;;) {
    const left = (await cloud.leftovers(session, project)).filter(({ byCluster }) => byCluster === true);
    if (left.length === 0) return;
    const names = left.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    if (context.clock.monotonic() - began > patience * 1000)
      throw new StepFailed({
        what: `the cluster has not taken away ${names} within ${patience / 60} min`,
        next: 'Look at the events of its Services and volumes; then run `ptp down` again: it goes on.',
      });
    const text = `the cluster takes away ${names}`;
    context.emit({ kind: 'progress', step: 'cluster', task: 'empty the cluster', text });
    await context.clock.sleep(5000, context.signal);
  }
}

/** The objects for which a cluster makes things in the account: routes, load balancers, volumes; the cluster is ours alone. */
async function deleteMakers(context: Context, client: KubernetesClient): Promise<void> {
  const kinds = [
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
    { apiVersion: 'v1', kind: 'Service' },
    { apiVersion: 'apps/v1', kind: 'StatefulSet' },
    { apiVersion: 'apps/v1', kind: 'Deployment' },
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  ] as const;
  for (const kind of kinds) {
    const objects = await list(client, kind, context.signal);
    const makers = objects.filter(
      (object) =>
        (object.kind !== 'Service' || (object as ServiceObject).spec?.type === 'LoadBalancer') &&
        (object.kind !== 'StatefulSet' ||
          object.metadata.labels?.['app.kubernetes.io/managed-by'] === 'ptp') &&
        // Of Deployments only the monitoring has a volume.
        (object.kind !== 'Deployment' || object.metadata.namespace === monitoring.namespace),
    );
    for (const object of makers)
      await deleteObject(context, client, { ...keyOf({ ...object, ...kind }) }, { step: 'cluster' });
  }
}

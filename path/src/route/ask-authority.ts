import { StepFailed } from '../core/failure.ts';
import type { Cluster } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { getObject } from '../kubernetes/list.ts';
import { conditionsOf } from '../kubernetes/objects.ts';
import { type Certificate, reissue } from '../kubernetes/reissue.ts';
import type { Project } from '../project/project.ts';
import { acmeState, notReady, refusedOrders, type Trouble, troubleOf } from './acme-trouble.ts';
import { names } from './plan.ts';

/** Milliseconds between two looks. */
const pace = 1000;

interface Asking {
  readonly client: KubernetesClient;
  readonly cluster: Pick<Cluster, 'acme'>;
  readonly project: Pick<Project, 'target'>;
}

/**
 * Waits with somebody for a public authority's certificate, and says early and in the authority's own words why it does
 * not come. What it has refused before is asked for once more, at once: cert-manager would wait up to an hour. Where the
 * cluster names no public authority it only waits.
 * @param wait what is waited for; its context ends when the authority refuses
 * @throws StepFailed as soon as an order is refused, or nobody has got an account for two minutes; what `wait` throws else
 */
export async function askAuthority(
  context: Context,
  asking: Asking,
  wait: (context: Context) => Promise<void>,
): Promise<void> {
  const { client, cluster, project } = asking;
  const { acme } = cluster;
  if (acme === undefined) return wait(context);
  const { namespace, domain } = project.target;
  const before = await acmeState(client, namespace, context.signal);
  if (before.issuer !== undefined && notReady(before.issuer) !== undefined) await forget(context, asking);
  const past = (await askAgain(context, asking)) ? refusedOrders(before) : new Set<string>();
  const look = async () => troubleOf(acme, domain, await acmeState(client, namespace, context.signal), past);
  const stop = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const waiting = wait(within);
  const watching = untilHopeless(within, look);
  try {
    await Promise.race([waiting, watching]);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof StepFailed)) throw error;
    const trouble = await look();
    throw trouble === undefined ? error : new StepFailed(trouble.problem);
  } finally {
    stop.abort();
    await Promise.allSettled([waiting, watching]);
  }
}

/** Rejects with trouble that has lasted too long. */
async function untilHopeless(
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
  look: () => Promise<Trouble | undefined>,
): Promise<never> {
  let since: number | undefined;
  for (;;) {
    const trouble = await look();
    since = trouble === undefined ? undefined : (since ?? clock.monotonic());
    if (trouble !== undefined && clock.monotonic() - (since ?? 0) >= trouble.patience * 1000)
      throw new StepFailed(trouble.problem);
    await clock.sleep(pace, signal);
  }
}

/** Has an account asked for that was refused: nothing else has cert-manager do it. */
function forget({ signal }: Context, { client, project }: Asking): Promise<void> {
  const { namespace } = project.target;
  return whereAllowed(() =>
    client.send({
      method: 'PATCH',
      path: `/apis/cert-manager.io/v1/namespaces/${encodeURIComponent(namespace)}/issuers/${names.acme}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { conditions: null } },
      signal,
    }),
  );
}

/** Whose cluster it is may not let us: then cert-manager asks again in its own time. */
async function whereAllowed(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof KubernetesError && error.code === 403)) throw error;
  }
}

/** Has what was refused asked for again. Whether it was. */
async function askAgain(context: Context, { client, project }: Asking): Promise<boolean> {
  const { namespace } = project.target;
  const key = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: names.certificate, namespace };
  const certificate = await getObject<Certificate>(client, key, context.signal);
  if ((certificate?.status?.failedIssuanceAttempts ?? 0) === 0) return false;
  const holds = (wanted: string) =>
    conditionsOf(certificate ?? {}).some(({ type, status }) => type === wanted && status === 'True');
  if (holds('Ready') || holds('Issuing')) return true;
  await whereAllowed(() => reissue(context, client, namespace, names.certificate));
  return true;
}

import { StepFailed } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { type KubernetesObject, objectName } from '../kubernetes/objects.ts';
import { collectionPath, resourceOf } from '../kubernetes/resources.ts';
import type { Project } from '../project/project.ts';
import { probe } from './plan.ts';

/** Milliseconds between two questions, and in all. */
const every = 25;
const deadline = 30_000;

/*
 * An API server learns of a policy up to a second after it was written, and of the list some milliseconds after. So the
 * server itself is asked: a Deployment of no pods is sent as a dry run, which goes through the whole of admission.
 */

/** Where to ask, and about what. */
export interface Asked {
  readonly client: KubernetesClient;
  readonly project: Project;
  readonly policy: KubernetesObject;
  /** A reference that is listed. */
  readonly listed: string;
}

/** Waits until the cluster refuses an image that is not listed. @throws StepFailed where it does not come to that */
export function untilRefusing(context: Pick<Context, 'clock' | 'signal'>, asked: Asked): Promise<void> {
  const foreign = asked.listed.replace(/@.*/, `-admission-probe@sha256:${'0'.repeat(64)}`);
  return untilAnswer(context, asked, foreign, 'refuses', 'it still takes any image');
}

/** Waits until the cluster takes the image that is listed. @throws StepFailed where it does not come to that */
export function untilAdmitted(context: Pick<Context, 'clock' | 'signal'>, asked: Asked): Promise<void> {
  return untilAnswer(context, asked, asked.listed, 'takes', `it still refuses ${asked.listed}`);
}

async function untilAnswer(
  context: Pick<Context, 'clock' | 'signal'>,
  asked: Asked,
  reference: string,
  wanted: 'takes' | 'refuses',
  late: string,
): Promise<void> {
  const began = context.clock.monotonic();
  for (;;) {
    const refusal = await refusalOf(asked, reference, context.signal);
    if (wanted === 'takes' ? refusal?.ours !== true : refusal !== undefined) return;
    if (context.clock.monotonic() - began > deadline)
      throw new StepFailed({
        what: `after ${deadline / 1000} s the cluster does not heed the policy: ${late}`,
        where: { object: objectName(asked.policy) },
        next: 'Look whether another policy or webhook stands in its way, and run `ptp up` again.',
        details: refusal === undefined ? [] : [refusal.text],
      });
    await context.clock.sleep(every, context.signal);
  }
}

interface Refusal {
  readonly text: string;
  /** Whether it is the policy's; what refuses before it hides what the policy would say. */
  readonly ours: boolean;
}

/** What the cluster says against an image; undefined where it takes it. */
async function refusalOf(
  { client, policy, project }: Asked,
  reference: string,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const body = probe(project, reference);
  const resource = await resourceOf(client, body);
  if (resource === undefined) return undefined;
  try {
    const path = collectionPath(body.apiVersion, resource, body.metadata.namespace);
    await client.send({ method: 'POST', path, query: { dryRun: 'All' }, body, signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.code >= 500) throw error;
    return { text: error.message, ours: error.message.includes(policy.metadata.name) };
  }
}

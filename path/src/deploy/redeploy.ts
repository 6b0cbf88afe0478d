import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import { settledBy } from '../kubernetes/change-set.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { label } from '../kubernetes/labels.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { prune } from '../kubernetes/prune.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project } from '../project/project.ts';
import { readyFor } from './ready-for.ts';
import { replacedPods } from './replaced-pods.ts';

/** What ran once and is to run again. */
export interface RedeployInput {
  readonly client: KubernetesClient;
  readonly project: Project;
  /** `release 12` */
  readonly name: string;
  readonly ground: readonly KubernetesObject[];
  readonly workloads: readonly KubernetesObject[];
  /** Called where pods are about to be replaced; held up until it resolves. */
  readonly beforeRollout?: (() => Promise<void>) | undefined;
}

/** Seconds that all components together have to come back. */
const deadline = 300;

/**
 * Brings back what an earlier deploy applied: its images are in the registry and its migrations have run, so nothing
 * is built and nothing migrated. What came after it is taken away.
 * @returns the components whose pods were replaced
 * @throws StepFailed where they do not come up
 */
export function redeploy(context: Context, input: RedeployInput): Promise<readonly string[]> {
  const { client, project, name, ground, workloads, beforeRollout } = input;
  const { namespace } = project.target;
  return timed(context, 'deploy', `bring ${name} back`, async () => {
    // It overrules: who brings a release back wants that one, whatever was changed meanwhile.
    const options = { step: 'deploy', project: project.name, force: true } as const;
    await apply(context, client, [namespaceFor(namespace), ...ground], options);
    const quiet = { ...context, emit: () => {} };
    const planned = await apply(quiet, client, workloads, { ...options, dryRun: true });
    const replaced = replacedPods(planned);
    // It served before, so it is not watched first: old pods go as soon as its pods are ready.
    const quick = readyFor(workloads, replaced, 0);
    if (replaced.length > 0) await beforeRollout?.();
    await apply(context, client, quick, { ...options, settled: settledBy(planned, []) });
    const pods = workloads.filter(({ kind }) => kind === 'Deployment');
    await waitUntilReady(context, client, pods, { step: 'deploy', deadline });
    if (replaced.length > 0) await apply(quiet, client, workloads, options);
    const names = pods.map(({ metadata }) => metadata.labels?.[label.component] ?? metadata.name);
    await prune(context, client, { ...options, namespace, wanted: [...ground, ...workloads] });
    return { result: replaced, text: `${names.join(', ')} of ${name} serve` };
  });
}

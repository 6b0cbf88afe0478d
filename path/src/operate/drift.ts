import type { StepName } from '../core/event.ts';
import type { Problem } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { fieldChanges } from '../kubernetes/field-changes.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { ReleaseRecord } from '../releases/record.ts';

/**
 * Where the cluster is no longer as a release left it: objects that are gone, and fields that somebody has changed.
 * Found by dry runs, so what the server or a controller fills in is no drift.
 */
export async function driftFrom(
  context: Context,
  client: KubernetesClient,
  project: string,
  { number, manifests }: ReleaseRecord,
): Promise<readonly Problem[]> {
  const quiet = { ...context, emit: () => {} };
  const compare = (step: StepName, objects: readonly KubernetesObject[]) =>
    apply(quiet, client, objects, { step, project, dryRun: true, force: true });
  const { services, ground, workloads, route } = manifests;
  const compared = await Promise.all([
    compare('services', services),
    compare('deploy', [...ground, ...workloads]),
    compare('route', route),
  ]);
  return compared
    .flat()
    .filter(({ change }) => change !== 'unchanged')
    .map(({ change, object, before, after }) => ({
      what:
        change === 'created'
          ? `it is gone, and release ${number} has it`
          : `it was changed since release ${number}`,
      where: { object },
      next: 'Run `ptp up` to put it right.',
      details: change === 'created' ? [] : fieldChanges(before, after).map(fieldText),
    }));
}

function fieldText({ path, before, after }: ReturnType<typeof fieldChanges>[number]): string {
  const shown = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${path} is ${shown(before)}, not ${shown(after)}`;
}

import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { deleteObject } from '../../kubernetes/delete.ts';
import { getObject } from '../../kubernetes/list.ts';
import type { PersistentVolumeClaim } from '../../kubernetes/objects.ts';
import type { ServicePlace } from '../service.ts';

/** Milliseconds that a volume has to go and another to be claimed, and between two looks. */
const patience = 120_000;
const every = 500;

/**
 * Throws the volume of a server away, with all that is on it: the StatefulSet claims another one, and the server begins with an
 * empty database. What a storage class keeps of volumes that nobody claims any more, it keeps. Doing it again while it goes on
 * does no harm.
 * @throws StepFailed where no other volume is claimed
 */
export async function beginPostgresAnew(
  context: Context,
  { client, project, service }: ServicePlace,
): Promise<void> {
  const { clock, signal } = context;
  const { namespace } = project.target;
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    name: `data-${service.name}-0`,
    namespace,
  } as const;
  const pod = { apiVersion: 'v1', kind: 'Pod', name: `${service.name}-0`, namespace } as const;
  const before = await getObject<PersistentVolumeClaim>(client, claim, signal);
  const options = { step: 'maintain' } as const;
  const uid = before?.metadata.uid;
  if (uid !== undefined) await deleteObject(context, client, claim, { ...options, expected: uid });
  // A volume stays while a pod uses it.
  await deleteObject(context, client, pod, options);
  const began = clock.monotonic();
  for (;;) {
    const now = await getObject<PersistentVolumeClaim>(client, claim, signal);
    if (now?.metadata.uid !== undefined && now.metadata.uid !== uid) return;
    if (clock.monotonic() - began > patience)
      throw new StepFailed({
        what: `the volume of ${service.name} does not go, or no other is claimed`,
        where: { object: `${namespace}/persistentvolumeclaim/${claim.name}` },
        next: 'Run `ptp status`, then the same again.',
      });
    await clock.sleep(every, signal);
  }
}

import type { Deployment, KubernetesObject } from '../kubernetes/objects.ts';

/**
 * Workloads with other seconds that new pods of some Deployments have to be ready for before an old one goes. Those that
 * have none stay so: one pod alone has no old one beside it.
 * @param names of the Deployments
 */
export function readyFor(
  workloads: readonly KubernetesObject[],
  names: readonly string[],
  minReadySeconds: number,
): readonly KubernetesObject[] {
  return workloads.map((object) => {
    if (object.kind !== 'Deployment' || !names.includes(object.metadata.name)) return object;
    const { spec } = object as unknown as Deployment;
    if ((spec?.minReadySeconds ?? 0) === 0) return object;
    return { ...object, spec: { ...spec, minReadySeconds } } as KubernetesObject;
  });
}

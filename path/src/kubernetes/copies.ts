import type { Conflict } from './conflict.ts';
import { fieldManager, label } from './labels.ts';
import {
  type AnyObject,
  type Deployment,
  type HorizontalPodAutoscaler,
  type KubernetesObject,
  objectId,
} from './objects.ts';

/*
 * How many copies a Deployment has is the autoscaler's where it has one: what is applied leaves the field out. But
 * server-side apply sets a field back to its default when its only owner leaves it out, and the default is one copy. So
 * before `ptp` gives the field away somebody else has to hold it.
 */

/** The field manager that holds the number of copies until the autoscaler changes it. */
export const copiesManager = 'ptp-copies';

/** The fewest copies of each Deployment that an autoscaler among these objects decides about, by `objectId`. Pure. */
export function fewestCopies(objects: readonly KubernetesObject[]): ReadonlyMap<string, number> {
  return new Map(
    objects.flatMap((object) => {
      if (object.kind !== 'HorizontalPodAutoscaler') return [];
      const { metadata, spec } = object as unknown as HorizontalPodAutoscaler;
      const { apiVersion = '', kind, name } = spec?.scaleTargetRef ?? { kind: '', name: '' };
      const scope = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
      return [[objectId({ apiVersion, kind, name, ...scope }), spec?.minReplicas ?? 1]] as const;
    }),
  );
}

/** An object as a dry run tells it, with as many copies as it would have: those of now, and never fewer than the fewest. Pure. */
export function keepingCopies(
  before: AnyObject | undefined,
  after: AnyObject,
  fewest: number | undefined,
): AnyObject {
  if (fewest === undefined) return after;
  const replicas = Math.max(copiesOf(before) ?? fewest, fewest);
  return { ...after, spec: { ...after.spec, replicas } };
}

/** How many copies a live Deployment is to have; undefined where there is none. Pure. */
export function copiesOf(object: AnyObject | undefined): number | undefined {
  const { spec } = (object ?? {}) as Partial<Deployment>;
  return spec?.replicas;
}

/** Whether the number of copies would fall to one if `ptp` left it out: nobody else holds it. Pure. */
export function holdsCopies(object: AnyObject | undefined): boolean {
  const { managedFields = [] } = (object?.metadata ?? {}) as {
    readonly managedFields?: readonly {
      readonly manager?: string;
      readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> };
    }[];
  };
  const holders = managedFields.filter(({ fieldsV1 }) => fieldsV1?.['f:spec']?.['f:replicas'] !== undefined);
  return holders.some(({ manager }) => manager === fieldManager);
}

/** The number of copies alone, as `copiesManager` applies it. Pure. */
export function copiesAlone({ apiVersion, kind, metadata }: KubernetesObject, replicas: number): AnyObject {
  const { name, namespace } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: { replicas },
  };
}

/** Whether it is an autoscaler that holds a number of copies which ptp.yaml decides now. Pure. */
export function byAutoscaler({ manager, field }: Conflict): boolean {
  return field === '.spec.replicas' && [copiesManager, 'kube-controller-manager'].includes(manager);
}

/** Whether an autoscaler that is not of our making decides about an object. Pure. */
export function scaledByOthers(object: KubernetesObject, autoscalers: readonly AnyObject[]): boolean {
  const others = autoscalers.filter(({ metadata }) => metadata.labels?.[label.managedBy] !== fieldManager);
  return fewestCopies(others).has(objectId(object));
}

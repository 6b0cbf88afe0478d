import type { KubernetesObject, PodTemplate } from '../kubernetes/objects.ts';
import type { Manifests } from './record.ts';

/** The annotation of pods with the revision of a binding begins so; the binding's name follows. */
const prefix = 'ptp.dev/binding.';

/**
 * Manifests whose pods read bindings of these revisions. Which credentials there are is no part of a release: one that
 * runs again gets those of today. Without revisions, what is the same whatever they are. Pure.
 * @param revisions binding → revision; one that is not named stays as it is
 */
export function withRevisions(manifests: Manifests, revisions?: ReadonlyMap<string, string>): Manifests {
  const value = (key: string, before: string) =>
    revisions === undefined ? '' : (revisions.get(key.slice(prefix.length)) ?? before);
  return { ...manifests, workloads: manifests.workloads.map((one) => revised(one, value)) };
}

function revised(object: KubernetesObject, value: (key: string, before: string) => string): KubernetesObject {
  const { spec } = object as { readonly spec?: { readonly template?: PodTemplate } };
  const annotations = spec?.template?.metadata?.annotations;
  if (spec?.template === undefined || annotations === undefined) return object;
  const changed = Object.fromEntries(
    Object.entries(annotations).map(([key, before]) => [
      key,
      key.startsWith(prefix) ? value(key, before) : before,
    ]),
  );
  const template = {
    ...spec.template,
    metadata: { ...spec.template.metadata, annotations: changed },
  };
  return { ...object, spec: { ...spec, template } } as KubernetesObject;
}

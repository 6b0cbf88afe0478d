import { hashOf } from './hash.ts';

/** What the objects are called that decide which images run in a namespace. */
export interface AdmissionNames {
  /** Of the policy and of its binding, which belong to the cluster. */
  readonly policy: string;
  /** The namespace of the list; nothing runs in it. */
  readonly namespace: string;
  /** The ConfigMap with the list. */
  readonly list: string;
}

/**
 * The names for a namespace. The list has a namespace of its own: whoever may edit ConfigMaps where the project runs
 * must not decide what may run there.
 */
export function admissionNames(namespace: string): AdmissionNames {
  const suffix = '-admission';
  const longest = 63 - suffix.length; // RFC 1123 labels, as namespaces are called
  const base =
    namespace.length <= longest ? namespace : `${namespace.slice(0, longest - 13)}-${hashOf(namespace)}`;
  return { policy: `${namespace}.images.ptp.dev`, namespace: `${base}${suffix}`, list: 'images' };
}

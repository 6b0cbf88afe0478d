import type { Namespace } from './objects.ts';

/**
 * The version of the Pod Security Standards that pods are held to: that of the local cluster, where all is tested. A
 * cluster that becomes newer refuses nothing more by itself; what it would refuse, it warns of. One that is older takes
 * the newest that it knows (kubernetes.io, "Pod Security Admission").
 */
export const podSecurityVersion = 'v1.37';

/** The project's namespace: every pod in it has to keep to the restricted Pod Security Standard. */
export function namespaceFor(name: string): Namespace {
  const restricted = Object.fromEntries(
    ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, 'restricted'],
      [`pod-security.kubernetes.io/${mode}-version`, mode === 'enforce' ? podSecurityVersion : 'latest'],
    ]),
  );
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: restricted } };
}

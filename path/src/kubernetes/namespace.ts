import type { Namespace } from './objects.ts';

/** The project's namespace: every pod in it has to keep to the restricted Pod Security Standard. */
export function namespaceFor(name: string): Namespace {
  const restricted = Object.fromEntries(
    ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, 'restricted'],
      [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
    ]),
  );
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: restricted } };
}

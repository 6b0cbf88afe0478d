import type { KubernetesClient } from './client.ts';
import { getObject } from './list.ts';
import type { Pod, SecretObject } from './objects.ts';

/** Keys of service bindings that tell where a service is, not how to get in. */
const open = new Set(['type', 'provider', 'host', 'port', 'database', 'username', 'ca.crt', 'tls.crt']);

/**
 * A function that blots out, in a line of output, every value of the Secrets that a pod can read: an application may
 * print its configuration when it fails to start.
 */
export async function redactor(client: KubernetesClient, pod: Pod): Promise<(line: string) => string> {
  const names = secretsOf(pod);
  const { namespace } = pod.metadata;
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  if (namespace === undefined) return (line) => line;
  const secrets = await Promise.all(
    names.map((name) => getObject<SecretObject>(client, { ...kind, name, namespace })),
  );
  const values = secrets.flatMap((secret) =>
    Object.entries(secret?.data ?? {})
      .filter(([key]) => !open.has(key))
      .map(([, value]) => Buffer.from(value, 'base64').toString('utf8').trim()),
  );
  return blotOut(values);
}

/** A function that replaces each of the values, also as URLs and base64 carry it. Values below 6 characters stay. */
export function blotOut(values: readonly string[]): (line: string) => string {
  const forms = values
    .filter((value) => value.length >= 6)
    .flatMap((value) => [value, encodeURIComponent(value), Buffer.from(value).toString('base64')]);
  const longestFirst = [...new Set(forms)].sort((one, other) => other.length - one.length);
  return (line) => longestFirst.reduce((text, form) => text.replaceAll(form, '[redacted]'), line);
}

function secretsOf(pod: Pod): readonly string[] {
  const volumes = (pod.spec?.volumes ?? []).flatMap((volume) => [
    volume.secret?.secretName,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
  ]);
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const environment = containers.flatMap((container) => [
    ...(container.env ?? []).map((variable) => variable.valueFrom?.secretKeyRef?.name),
    ...(container.envFrom ?? []).map((source) => source.secretRef?.name),
  ]);
  return [...new Set([...volumes, ...environment].filter((name) => name !== undefined))];
}

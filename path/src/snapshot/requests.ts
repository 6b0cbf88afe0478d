import type { KubernetesClient } from '../kubernetes/client.ts';
import { label } from '../kubernetes/labels.ts';
import { lines } from '../kubernetes/lines.ts';
import type { Pod } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import type { RequestCounts } from './snapshot.ts';

/**
 * What each component's pods have answered, from their own metrics (Prometheus text), by way of the API server's proxy.
 * A pod that has none, or that cannot be reached so, is left out.
 */
export async function readRequests(
  client: KubernetesClient,
  project: Project,
  pods: readonly Pod[],
  signal: AbortSignal,
): Promise<readonly RequestCounts[]> {
  const counts = await Promise.all(
    pods.map(async ({ metadata, status }) => {
      const part = metadata.labels?.[label.component];
      const component = project.components.find(({ name }) => name === part);
      if (component === undefined || status?.phase !== 'Running') return [];
      const pod = `${metadata.name}:${component.management}`;
      const path = `/api/v1/namespaces/${metadata.namespace}/pods/${pod}/proxy/metrics`;
      try {
        const soon = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
        const text: string[] = [];
        for await (const line of lines(await client.stream(path, {}, soon))) text.push(line);
        return [{ part: component.name, pod: metadata.name, ...countsOf(text) }];
      } catch {
        signal.throwIfAborted();
        return [];
      }
    }),
  );
  return counts.flat();
}

const sample = /^http_request_duration_seconds_(count|sum)\{([^}]*)\} ([0-9.e+-]+)/;

/** The sums over a histogram `http_request_duration_seconds` with a label `status`. Pure. */
export function countsOf(text: readonly string[]): Pick<RequestCounts, 'total' | 'failed' | 'seconds'> {
  let [total, failed, seconds] = [0, 0, 0];
  for (const line of text) {
    const [, what, labels = '', value] = sample.exec(line) ?? [];
    if (what === 'sum') seconds += Number(value);
    if (what !== 'count') continue;
    total += Number(value);
    if (/\bstatus="5/.test(labels)) failed += Number(value);
  }
  return { total, failed, seconds };
}

import type { AnyObject } from '../kubernetes/objects.ts';
import { usualPolicy } from '../project/policy.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

/** What stands for a value of a Secret. */
const hidden = '(not shown)';

/**
 * All that can be explained of a system: its objects as the cluster has them, and, in the same form, what is known of
 * nodes, Secrets (their keys alone), releases, images in the registry, rules of the monitoring, and promises. Pure.
 */
export function explainable(snapshot: Snapshot): readonly AnyObject[] {
  const { project, secrets, releases, images, requests, watching } = snapshot;
  const { namespace } = project.target;
  return [
    ...snapshot.objects,
    ...(snapshot.nodes as readonly AnyObject[]),
    ...secrets.map(({ name, type, keys, labels, created }) =>
      known(
        'Secret',
        { name, namespace, ...(labels === undefined ? {} : { labels }) },
        { type, data: Object.fromEntries(keys.map((key) => [key, hidden])), created },
        'v1',
      ),
    ),
    ...releases.map(({ number, state, begun, ended, by, source, backTo, images: of, rolled, traffic }) =>
      known(
        'Release',
        { name: String(number) },
        {
          state,
          begun,
          ended,
          by,
          source,
          backTo,
          images: Object.fromEntries(of.map(({ name, digest }) => [name, digest])),
          rolled,
          traffic,
        },
      ),
    ),
    known('Policy', { name: 'vulnerabilities' }, { ...(project.vulnerabilities ?? usualPolicy) }),
    ...images.map(({ name, digest, reference, tags, found, attached }) =>
      known('Image', { name }, { digest, reference, tags, ...found, attached }),
    ),
    ...project.components.flatMap(({ name }) => {
      const own = requests.filter(({ part }) => part === name);
      const of = (key: 'total' | 'failed' | 'seconds') => own.reduce((sum, one) => sum + one[key], 0);
      if (own.length === 0) return [];
      return [
        known(
          'Requests',
          { name },
          { pods: own.length, total: of('total'), failed: of('failed'), seconds: of('seconds') },
        ),
      ];
    }),
    ...(watching?.rules ?? []).map(({ name, live, ...rule }) =>
      known('AlertRule', { name }, { ...rule, ...live }),
    ),
    ...(watching?.health.budgets ?? []).map(({ slo, ...budget }) =>
      known(
        'Promise',
        { name: slo },
        {
          ...budget,
          lastHour: { requests: watching?.lastHour?.requests, kept: watching?.lastHour?.kept[slo] },
        },
      ),
    ),
  ];
}

function known(
  kind: string,
  metadata: AnyObject['metadata'],
  fields: Readonly<Record<string, unknown>>,
  apiVersion = 'ptp.dev/v1',
): AnyObject {
  const there = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { apiVersion, kind, metadata, ...Object.fromEntries(there) };
}

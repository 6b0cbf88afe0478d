import type { Problem } from '../core/failure.ts';
import type { AcmeIssuer } from '../core/handover.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { getObject, list } from '../kubernetes/list.ts';
import {
  type AnyObject,
  type Condition,
  conditionsOf,
  type KubernetesObject,
} from '../kubernetes/objects.ts';
import { names } from './plan.ts';

/** acme.cert-manager.io/v1 Order and Challenge, as far as they say what goes wrong. */
interface Asked extends KubernetesObject {
  readonly status?: {
    /** As RFC 8555, 7.1.6 has them; `errored`: cert-manager itself gave up. */
    readonly state?: string;
    readonly reason?: string;
  };
}

/** What keeps a public authority from issuing. */
export interface Trouble {
  readonly problem: Problem;
  /** Seconds that it may last before nothing comes of waiting. */
  readonly patience: number;
}

/** What the cluster says of a certificate that is asked for. */
export interface AcmeState {
  readonly issuer: AnyObject | undefined;
  readonly orders: readonly Asked[];
  readonly challenges: readonly Asked[];
}

const refused = new Set(['invalid', 'errored', 'expired']);

/** Seconds that an authority may be out of reach, as names and ways in a cluster that has just begun are. */
const untilReached = 120;

/** What cert-manager tells of an answer that another try does not change: it makes none. */
const answered = /\bHTTP 4\d\d\b|\b4\d\d urn:/;

/** The condition of an issuer as it is now that has no account. Pure. */
export function notReady(issuer: AnyObject): Condition | undefined {
  const { generation = 1 } = issuer.metadata;
  return conditionsOf(issuer).find(
    ({ type, status, observedGeneration = generation }) =>
      type === 'Ready' && status === 'False' && observedGeneration >= generation,
  );
}

/** Reads it; what the credentials may not look at is taken to be none. */
export async function acmeState(
  client: KubernetesClient,
  namespace: string,
  signal: AbortSignal,
): Promise<AcmeState> {
  const acme = 'acme.cert-manager.io/v1';
  const key = { apiVersion: 'cert-manager.io/v1', kind: 'Issuer', name: names.acme, namespace };
  const [issuer, orders = [], challenges = []] = await Promise.all([
    getObject<AnyObject>(client, key, signal),
    ...['Order', 'Challenge'].map((kind) =>
      list<Asked>(client, { apiVersion: acme, kind, namespace }, signal).catch((error: unknown) => {
        if (error instanceof KubernetesError && error.code === 403) return [];
        throw error;
      }),
    ),
  ]);
  return { issuer, orders, challenges };
}

/**
 * What goes wrong, with the authority's or cert-manager's own reason. Pure.
 * @param past orders that were refused before this was begun
 * @returns undefined where nothing does
 */
export function troubleOf(
  { server, dns01 }: Pick<AcmeIssuer, 'server' | 'dns01'>,
  domain: string,
  { issuer, orders, challenges }: AcmeState,
  past: ReadonlySet<string> = new Set(),
): Trouble | undefined {
  const ready = issuer === undefined ? undefined : notReady(issuer);
  if (issuer !== undefined && ready !== undefined) {
    const said = ready.message ?? ready.reason ?? 'no reason given';
    const problem = {
      what: `no account at ${server}: ${said}`,
      where: { object: `${issuer.metadata.namespace}/issuer/${issuer.metadata.name}` },
      next: 'Look at `acme` of the target in ptp.yaml: `server` is the directory, as the cluster reaches it, and `authority` what vouches for its certificate.',
    };
    return { problem, patience: answered.test(said) ? 0 : untilReached };
  }
  const order = newest(orders.filter(({ metadata }) => !past.has(metadata.uid ?? '')));
  if (order === undefined) return undefined;
  const own = challenges.filter(({ metadata }) =>
    (metadata.ownerReferences ?? []).some(({ uid }) => uid === order.metadata.uid),
  );
  const reasons = [...own, order].flatMap(({ status }) => status?.reason?.trim() || []);
  const final = refused.has(order.status?.state ?? '');
  const [reason = final ? `the order is ${order.status?.state}` : undefined] = reasons;
  if (reason === undefined) return undefined;
  const way =
    dns01 === undefined
      ? `The authority has to reach http://${domain}/ on port 80, at this gateway: look where the name points.`
      : `The authority has to find what is written to the zone of ${domain}: look whether its name servers are asked, and whether the zone may be written to.`;
  return {
    problem: {
      what: final
        ? `${server} refuses a certificate for ${domain}: ${reason}`
        : `there is no certificate for ${domain} yet: ${reason}`,
      where: { object: `${order.metadata.namespace}/order/${order.metadata.name}` },
      next: `${way} Then run \`ptp up\` again.`,
    },
    patience: final ? 0 : Number.POSITIVE_INFINITY,
  };
}

function newest(orders: readonly Asked[]): Asked | undefined {
  const made = ({ metadata }: Asked) => metadata.creationTimestamp ?? '';
  return orders.toSorted((one, other) => made(other).localeCompare(made(one)))[0];
}

/** The refused orders that a cluster has. Pure. */
export function refusedOrders({ orders }: AcmeState): ReadonlySet<string> {
  return new Set(
    orders.flatMap(({ metadata, status }) => (refused.has(status?.state ?? '') ? (metadata.uid ?? []) : [])),
  );
}

import { isIP } from 'node:net';
import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import { addressOf } from '../effects/address-of.ts';
import type { Context } from '../effects/context.ts';

/** Where requests for a route go, and what to look at should none be answered. */
export interface Door {
  /** The route, with its entry where DNS does not lead to it. */
  readonly route: Route;
  readonly hint?: string;
}

/** How a door is looked for. */
export interface FindOptions {
  /** Seconds that the name of a gateway may take to be known: that of a load balancer is minutes after it was given. */
  readonly patience?: number;
  /** The address of a host, as this machine finds it; undefined where none is known. */
  readonly lookUp?: (host: string) => Promise<string | undefined>;
}

/** Milliseconds between two questions. */
const pace = 2000;

/**
 * Finds the way to a route: its entry where it has one, else where DNS leads, else, with a warning, the address that
 * the gateway tells of itself. @throws StepFailed where nothing tells an address
 */
export async function findDoor(
  context: Context,
  route: Route,
  { patience = 0, lookUp = addressOf }: FindOptions = {},
): Promise<Door> {
  if (route.entry !== undefined) return { route };
  const { hostname } = new URL(route.url);
  const { gateway } = route;
  const { clock, emit, signal } = context;
  const look = () =>
    Promise.all([lookUp(hostname), gateway === undefined ? undefined : lookUp(gateway)] as const);
  const started = clock.monotonic();
  let [named, own] = await look();
  while (gateway !== undefined && named === undefined && own === undefined) {
    if (clock.monotonic() - started >= patience * 1000) break;
    const text = `waiting for DNS to know ${gateway}`;
    emit({ kind: 'progress', step: 'prove', task: 'find the way', text });
    await clock.sleep(pace, signal);
    [named, own] = await look();
  }
  if (named !== undefined) {
    if (gateway === undefined || named === own) return { route };
    return { route, hint: `DNS leads ${hostname} to ${named}; the gateway says that it is at ${gateway}` };
  }
  if (gateway === undefined || own === undefined) {
    throw new StepFailed({
      what: `no DNS answers for ${hostname}, and ${gateway === undefined ? 'the gateway has no address yet' : `none for its gateway ${gateway} either`}`,
      next: "Look at the gateway controller's Service: it needs an external address. Then let DNS point there.",
    });
  }
  const problem = {
    what: `no DNS answers for ${hostname} yet, so its gateway is asked at ${gateway}`,
    next: `Let ${hostname} point to ${gateway} (${isIP(gateway) === 0 ? 'CNAME' : isIP(gateway) === 6 ? 'AAAA' : 'A'}).`,
  };
  context.emit({ kind: 'warning', step: 'prove', problem });
  return { route: { ...route, entry: { address: own, http: 80, https: 443 } }, hint: problem.what };
}

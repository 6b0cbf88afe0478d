import { api } from '../core/data-interface.ts';
import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import type { Project } from '../project/project.ts';
import { type Answer, type Browser, browse } from './browser.ts';
import { proveData } from './data.ts';
import { type Door, findDoor } from './door.ts';

/** Seconds that the way from the gateway to the pods has to open. */
const deadline = 30;

/** Seconds that a cloud's load balancer may take to be known by its name, and then to let anybody through. */
const strange = 300;

/** Connections at a time, so that every pod of a gateway is asked. */
const ways = 8;

/** Seconds after which a 4xx is the application's own. */
const passing = 10;

/**
 * Asks the running system, through its public URL, what its users will ask: the page, and where there is an interface
 * that makes data, one row all the way to the database and back.
 * @throws StepFailed where an answer is not what users need
 */
export function proveServing(context: Context, route: Route, project: Project): Promise<void> {
  return timed(context, 'prove', `ask ${route.url} what users will ask`, async () => {
    const door = await findDoor(context, route, { patience: strange });
    const reach = route.entry === undefined ? strange : deadline;
    const browser = browse(door.route);
    try {
      const path = project.components.find((component) => component.route !== undefined)?.route ?? '/';
      const first = await untilServing(context, browser, door, path, { reach });
      await untilEachServes(context, door, path, first);
      const type = String(first.headers['content-type'] ?? 'no type').split(';')[0];
      context.emit({ kind: 'note', step: 'prove', text: `GET ${path}: ${first.status} ${type}` });
      // On the way to data there are more doors than to the page; they may open a moment later.
      const before = await untilServing(context, browser, door, api, { reach, patience: 0 });
      await provePlain(context, browser, door.route);
      const data = await proveData(browser, route, context, before);
      if (data !== undefined) context.emit({ kind: 'note', step: 'prove', text: data });
      return { result: undefined, text: `${route.url} serves` };
    } finally {
      await browser.close();
    }
  });
}

/**
 * The first good answer, asking again while the route opens. An application may well have nothing at its root, and a
 * gateway that does not know the route yet says 404 too, so a 4xx counts once it has lasted.
 * @param reach seconds until anybody has to answer at all
 */
async function untilServing(
  context: Context,
  browser: Browser,
  { route, hint }: Door,
  path: string,
  { reach, patience = passing }: { readonly reach: number; readonly patience?: number },
): Promise<Answer> {
  const started = context.clock.monotonic();
  let reached: number | undefined;
  for (;;) {
    context.signal.throwIfAborted();
    const seen = await attempt(context, browser, path);
    const now = context.clock.monotonic();
    const waited = (now - started) / 1000;
    if (typeof seen !== 'string') reached ??= now;
    if (typeof seen !== 'string' && (seen.status < 400 || (seen.status < 500 && waited >= patience)))
      return seen;
    const text = typeof seen === 'string' ? seen : `it answers ${seen.status}`;
    const limit = reached === undefined ? reach : (reached - started) / 1000 + deadline;
    if (waited >= limit)
      throw new StepFailed({
        what: `${new URL(path, route.url)} does not serve after ${Math.round(limit)} s: ${text}`,
        next: /certificate (is not yet valid|has expired)/.test(text)
          ? `Look at this machine's clock, which says ${context.clock.now().toISOString().slice(0, 16)}Z; certificates are issued by the cluster's.`
          : 'Run `ptp logs` to see what the components say.',
        ...(hint === undefined ? {} : { details: [hint] }),
      });
    context.emit({
      kind: 'progress',
      step: 'prove',
      task: 'open',
      text: `waiting for ${route.url}: ${text}`,
    });
    await context.clock.sleep(200, context.signal);
  }
}

/**
 * A gateway has several pods, and each opens a route for itself: asks over connections of their own, which are spread over
 * them, until all are answered as the first was.
 */
async function untilEachServes(
  context: Context,
  { route }: Door,
  path: string,
  first: Answer,
): Promise<void> {
  const started = context.clock.monotonic();
  for (;;) {
    const answers = await Promise.all(
      Array.from({ length: ways }, async () => {
        const browser = browse(route);
        try {
          return await attempt(context, browser, path);
        } finally {
          await browser.close();
        }
      }),
    );
    const texts = answers.map((seen) => (typeof seen === 'string' ? seen : `it answers ${seen.status}`));
    const wrong = texts.filter((text) => text !== `it answers ${first.status}`);
    if (wrong.length === 0) return;
    if (context.clock.monotonic() - started >= deadline * 1000)
      throw new StepFailed({
        what: `${new URL(path, route.url)} does not serve everybody after ${deadline} s: of ${ways} requests at once ${wrong.length} were answered otherwise than the first (${first.status}): ${wrong[0]}`,
        next: 'Run `ptp logs` to see what the components say, and look at the pods of the gateway.',
      });
    await context.clock.sleep(200, context.signal);
  }
}

/**
 * Asks the door without TLS, which opens apart from the other, until it leads to the one with it. Where it does not,
 * those who type https are served all the same, so that is a warning.
 */
async function provePlain(context: Context, browser: Browser, { url, entry }: Route): Promise<void> {
  const { hostname } = new URL(url);
  const plain = new URL(`http://${hostname}:${entry?.http ?? 80}/`).href;
  const started = context.clock.monotonic();
  for (;;) {
    context.signal.throwIfAborted();
    const seen = await attempt(context, browser, plain);
    if (typeof seen !== 'string' && seen.headers.location === `${url}/`) return;
    if (context.clock.monotonic() - started < deadline * 1000) {
      await context.clock.sleep(100, context.signal);
      continue;
    }
    const text = typeof seen === 'string' ? seen : `it answers ${seen.status}`;
    const problem = {
      what: `${plain} does not lead to ${url} after ${deadline} s: ${text}`,
      next: 'Look whether a firewall is in the way, or let users type https.',
    };
    context.emit({ kind: 'warning', step: 'prove', problem });
    return;
  }
}

async function attempt(context: Context, browser: Browser, path: string): Promise<Answer | string> {
  try {
    return await browser.send('GET', path, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error.message || error.name : String(error);
  }
}

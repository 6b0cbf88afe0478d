import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.ts';

/** How often connections that became idle are closed while waiting, in milliseconds. */
const SWEEP = 50;

/**
 * Stops a server without losing a request.
 *
 * Load balancers go on sending for a while after readiness is gone, so requests are served on (`lame-duck`),
 * each answer closing its connection. Then the door closes, and what is under way is finished.
 *
 * @param server the public server
 * @param lifecycle is led through its last phases
 * @param lameDuck how long to serve on, in milliseconds
 * @param limit from now to the end, in milliseconds
 * @returns whether all requests could be finished; if not, their connections were cut
 */
export async function drain(
  server: Server,
  lifecycle: Lifecycle,
  lameDuck: number,
  limit: number,
): Promise<boolean> {
  lifecycle.phase = 'lame-duck';
  const end = performance.now() + limit;
  await sleep(lameDuck);
  lifecycle.phase = 'closing';
  let finished = true;
  await new Promise<void>((resolve) => {
    // A response that began before the signal promised to keep its connection: it is closed once idle.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP);
    const cut = setTimeout(
      () => {
        finished = false;
        server.closeAllConnections();
      },
      Math.max(0, end - performance.now()),
    );
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
  });
  return finished;
}

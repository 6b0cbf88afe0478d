import { connect } from 'node:tls';
import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';

/** Seconds that the gateway's processes have to take a new certificate up. */
const deadline = 60;

/** So many new connections in a row have to see it: a gateway may be several processes. */
const inARow = 20;

/** Milliseconds that a handshake has. */
const patience = 10_000;

/**
 * Waits until new connections are served a certificate with this serial number.
 * @returns how many in a row were
 * @throws StepFailed where they are not in time, or a handshake fails
 */
export async function untilServed(
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
  route: Route,
  serial: string,
): Promise<number> {
  const began = clock.monotonic();
  let seen = 0;
  while (seen < inARow) {
    signal.throwIfAborted();
    const now = await servedSerial(route);
    seen = now === serial ? seen + 1 : 0;
    if ((clock.monotonic() - began) / 1000 > deadline)
      throw new StepFailed({
        what: `after ${deadline} s new connections are still served certificate ${now}`,
        where: { object: route.url },
        next: 'Look at what the gateway says: it has not taken the new certificate up.',
      });
    if (seen === 0) await clock.sleep(100, signal);
  }
  return seen;
}

/**
 * The serial number of the certificate that a new connection is served, verified as users verify it.
 * Throws StepFailed where the handshake fails.
 */
export function servedSerial({ url, entry, authority }: Route): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: entry?.address ?? hostname,
      port: Number(port || 443),
      servername: hostname,
      ...(authority === undefined ? {} : { ca: authority }),
      timeout: patience,
    });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new StepFailed({ what: `a handshake failed: ${why}`, where: { object: url } }));
    };
    socket.once('error', (error) => fail(error.message));
    socket.once('timeout', () => fail(`nothing was answered for ${patience / 1000} s`));
    socket.once('secureConnect', () => {
      const serial = socket.getPeerX509Certificate()?.serialNumber;
      socket.end();
      if (serial === undefined) fail('no certificate was shown');
      else resolve(serial);
    });
  });
}

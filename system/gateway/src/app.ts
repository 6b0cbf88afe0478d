import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';
import { drain } from './drain.ts';
import type { Exchange } from './exchange.ts';
import { createGateway } from './gateway.ts';
import type { Lifecycle } from './lifecycle.ts';
import { internalHosts } from './location.ts';
import type { Log } from './log.ts';
import { createManagement } from './management.ts';
import { createMetrics } from './metrics.ts';
import { closeUpstreams, openUpstreams } from './upstreams.ts';

/** The running gateway. */
export interface App {
  readonly port: number;
  readonly managementPort: number;
  /** Stops gracefully; resolves to whether all requests could be finished. */
  stop(): Promise<boolean>;
}

/**
 * Starts both servers.
 * @throws when a port cannot be had
 */
export async function startApp(config: Config, log: Log): Promise<App> {
  const lifecycle: Lifecycle = { phase: 'starting' };
  const inFlight = new Set<Exchange>();
  const metrics = createMetrics(() => inFlight.size);
  const upstreams = openUpstreams(config);
  const isInternal = internalHosts([...upstreams.keys()]);
  const gateway = createGateway({ config, upstreams, metrics, log, lifecycle, isInternal, inFlight });
  const management = createManagement(lifecycle, metrics);
  const [port, managementPort] = await Promise.all([
    listen(gateway.server, config.port, config.host),
    listen(management, config.managementPort, config.host),
  ]);
  lifecycle.phase = 'serving';
  return {
    port,
    managementPort,
    async stop() {
      const finished = await drain(gateway.server, lifecycle, config.lameDuck, config.drain);
      gateway.stop();
      metrics.close();
      management.close();
      management.closeAllConnections();
      await closeUpstreams(upstreams);
      return finished;
    },
  };
}

async function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 1024 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

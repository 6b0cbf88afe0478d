import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { send, startGateway, startUpstream, stopAll } from './testing.ts';

afterEach(stopAll);

const MEGABYTE = Buffer.alloc(1_048_576, 'x');
/** More than all the buffers on the way can hold. */
const MOST = 64;

/** Waits until a count has not changed for a good while of turns of the event loop. */
async function settled(count: () => number): Promise<number> {
  let last = -1;
  for (let quiet = 0; quiet < 2_000; quiet++) {
    if (count() !== last) quiet = 0;
    last = count();
    await turn();
  }
  return last;
}

describe('streaming', () => {
  it('passes each piece on as it comes, both ways', async () => {
    const upstream = await startUpstream((req, res) => {
      res.writeHead(200).flushHeaders();
      req.on('data', (chunk: Buffer) => res.write(`<${chunk}>`));
      req.on('end', () => res.end());
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    const sent = request({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/api/',
      agent: false,
    });
    sent.write('one');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe('<one>');
    sent.write('two');
    expect(String((await once(response, 'data'))[0])).toBe('<two>');
    sent.end();
    await once(response, 'end');
  });

  it('holds the upstream back when the client does not read', async () => {
    let produced = 0;
    const upstream = await startUpstream((_req, res) => {
      const more = (): void => {
        while (produced < MOST) {
          produced++;
          if (!res.write(MEGABYTE)) {
            res.once('drain', more);
            return;
          }
        }
        res.end();
      };
      more();
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    const sent = request({ host: '127.0.0.1', port: gateway.port, path: '/api/', agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(await settled(() => produced)).toBeLessThan(MOST / 2);
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    expect(received).toBe(MOST * MEGABYTE.length);
  });

  it('holds the client back when the upstream does not read', async () => {
    let release: () => void = () => {};
    const upstream = await startUpstream((req, res) => {
      req.pause();
      release = () => {
        let received = 0;
        req.on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        req.on('end', () => res.end(String(received))).resume();
      };
    });
    const gateway = await startGateway({
      BACKEND_URL: upstream.origin,
      MAX_BODY_BYTES: String(MOST * MEGABYTE.length),
    });
    const sent = request({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/api/',
      agent: false,
    });
    let produced = 0;
    const more = (to: ClientRequest): void => {
      while (produced < MOST) {
        produced++;
        if (!to.write(MEGABYTE)) {
          to.once('drain', () => more(to));
          return;
        }
      }
      to.end();
    };
    more(sent);
    expect(await settled(() => produced)).toBeLessThan(MOST / 2);
    release();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(String((await once(response, 'data'))[0])).toBe(String(MOST * MEGABYTE.length));
  });

  it('gives an early answer to a client that is still sending', async () => {
    const upstream = await startUpstream((_req, res) => res.writeHead(403).end('no'));
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    const sent = request({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/api/',
      agent: false,
    });
    sent.on('error', () => {}).write('a part');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(403);
    sent.destroy();
  });

  it('uses one connection again and again for reads, and a new one for each write', async () => {
    const upstream = await startUpstream();
    const gateway = await startGateway({ BACKEND_URL: upstream.origin });
    const remotes: (number | undefined)[] = [];
    upstream.server.on('request', (req: IncomingMessage) => remotes.push(req.socket.remotePort));
    for (let i = 0; i < 5; i++) await send(gateway.port, { path: '/api/' });
    expect(new Set(remotes).size).toBe(1);
    for (let i = 0; i < 5; i++) await send(gateway.port, { method: 'POST', path: '/api/' });
    expect(new Set(remotes).size).toBe(6);
  });
});

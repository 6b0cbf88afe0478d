import { expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Route } from '../core/handover.ts';
import { nodeClock } from '../effects/node/clock.ts';
import { nodeProcesses } from '../effects/node/processes.ts';
import { type FindOptions, findDoor } from './door.ts';

async function door(route: Omit<Route, 'authority'>, options?: FindOptions) {
  const events: Event[] = [];
  const context = {
    emit: (event: Event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    cache: '',
    signal: AbortSignal.timeout(15_000),
  };
  const found = await findDoor(context, route, options);
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.problem] : []));
  return { found, warnings };
}

// Names below .invalid are answered by no DNS (RFC 6761, section 6.4).
const unknown = 'https://shop.invalid';

test('an entry is the way, whatever DNS says', async () => {
  const route = { url: unknown, entry: { address: '127.0.0.1', http: 80, https: 443 }, gateway: '10.0.0.1' };
  expect(await door(route)).toEqual({ found: { route }, warnings: [] });
});

test('where no DNS answers, the gateway’s own address is, with a warning that says what DNS lacks', async () => {
  const { found, warnings } = await door({ url: unknown, gateway: '10.0.0.1' });
  expect(found.route).toEqual({
    url: unknown,
    gateway: '10.0.0.1',
    entry: { address: '10.0.0.1', http: 80, https: 443 },
  });
  expect(warnings).toMatchObject([{ next: 'Let shop.invalid point to 10.0.0.1 (A).' }]);
  expect((await door({ url: unknown, gateway: 'fd00::1' })).warnings[0]?.next).toContain('(AAAA)');
  const named = await door({ url: unknown, gateway: 'localhost' });
  expect(named.warnings[0]?.next).toContain('(CNAME)');
  expect(named.found.route.entry?.address).toMatch(/^(127\.0\.0\.1|::1)$/);
});

test('where DNS leads elsewhere than the gateway says, that is kept for when nothing answers', async () => {
  const route = { url: 'https://localhost', gateway: '10.0.0.1' };
  const { found, warnings } = await door(route);
  expect(found).toEqual({ route, hint: expect.stringMatching(/^DNS leads localhost to .*10\.0\.0\.1$/) });
  expect(warnings).toEqual([]);
});

test('the name of a load balancer that is new is waited for until DNS knows it', async () => {
  let time = 0;
  const events: Event[] = [];
  const context = {
    emit: (event: Event) => events.push(event),
    clock: {
      ...nodeClock,
      monotonic: () => time,
      async sleep(milliseconds: number) {
        time += milliseconds;
      },
    },
    processes: nodeProcesses,
    cache: '',
    signal: AbortSignal.timeout(15_000),
  };
  const gateway = 'balancer.invalid';
  const find = (known: number) =>
    findDoor(
      context,
      { url: unknown, gateway },
      {
        patience: 300,
        lookUp: async (host) => (host === gateway && time >= known ? '192.0.2.7' : undefined),
      },
    );
  const { route } = await find(90_000);
  expect(route.entry).toMatchObject({ address: '192.0.2.7' });
  expect(time).toBe(90_000);
  expect(events[0]).toMatchObject({ kind: 'progress', text: `waiting for DNS to know ${gateway}` });
  await expect(find(1e9)).rejects.toThrow(/none for its gateway balancer.invalid either/);
  expect(time).toBe(390_000);
});

test('without any address there is nothing to ask', async () => {
  await expect(door({ url: unknown })).rejects.toThrow(StepFailed);
  await expect(door({ url: unknown, gateway: 'gateway.invalid' })).rejects.toThrow(/gateway.invalid/);
});

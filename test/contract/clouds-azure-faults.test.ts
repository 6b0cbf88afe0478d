import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AzureStandIn } from '../support/cloud/azure.ts';
import type { Call, Verdict } from '../support/cloud/stand-in.ts';
import { type Azure, shop, startAzure } from './support/azure.ts';

let account: Azure;
let standIn: AzureStandIn;

beforeAll(async () => {
  account = await startAzure();
  standIn = account.standIn;
});
afterAll(() => standIn.stop());
beforeEach(() => standIn.reset());

const error = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: JSON.stringify({ error: { code, message: `${code}, in words` } }),
});

describe('a run ends as an undisturbed one does, where', () => {
  const troubles: Readonly<Record<string, (call: Call, times: number) => Verdict | undefined>> = {
    'every change is throttled at first': ({ changes }, times) =>
      changes && times === 1 ? error(429, 'TooManyRequests', { 'retry-after-ms': '5' }) : undefined,
    'the service is in trouble': (_call, times) => (times % 7 === 3 ? error(503, 'ServerBusy') : undefined),
    'changes take effect and are not answered': ({ changes }, times) =>
      changes && times === 1 ? 'take effect and break off' : undefined,
    'looks are not answered': ({ changes }, times) => (!changes && times === 1 ? 'break off' : undefined),
    'a new identity is not known everywhere yet': ({ name }, times) =>
      /PUT .*roleAssignments/.test(name) && times <= 3 ? error(400, 'PrincipalNotFound') : undefined,
    'a service is not switched on everywhere yet': ({ name }, times) =>
      /PUT .*registries\/\w+$/.test(name) && times <= 2
        ? error(409, 'MissingSubscriptionRegistration')
        : undefined,
    'another operation is in progress': ({ changes, name }, times) =>
      changes && times <= 2 && /PUT .*(managedClusters|flexibleServers)\//.test(name)
        ? error(409, 'AnotherOperationInProgress')
        : undefined,
  };
  for (const [name, trouble] of Object.entries(troubles))
    test(name, async () => {
      const made = await account.whole();
      const times = new Map<string, number>();
      standIn.intercept = (call) => {
        const count = (times.get(call.name) ?? 0) + 1;
        times.set(call.name, count);
        return trouble(call, count) ?? 'answer';
      };
      await account.up();
      expect(await standIn.inventory()).toEqual(made);
      times.clear();
      await account.down();
      expect(await standIn.inventory()).toEqual([]);
    });

  test('everything takes long', async () => {
    const made = await account.whole();
    standIn.account.looks = 9;
    await account.up();
    expect(await standIn.inventory()).toEqual(made);
    await account.down();
    expect(await standIn.inventory()).toEqual([]);
  });
});

test.each([
  'Microsoft.ContainerService/managedClusters',
  'Microsoft.DBforPostgreSQL/flexibleServers',
  'Microsoft.ContainerRegistry/registries',
])('%s: what failed when it was made is told, and the next run makes it anew', async (type) => {
  const made = await account.whole();
  standIn.account.failing.set(type, 'no capacity in westeurope');
  await expect(account.up()).rejects.toThrow(/no capacity in westeurope/);
  await account.up();
  expect(await standIn.inventory()).toEqual(made);
});

test.each([
  ['AuthorizationFailed', 403, /could not be made: AuthorizationFailed.*/s],
  ['QuotaExceeded', 409, /could not be made: QuotaExceeded/],
  ['InvalidParameter', 400, /could not be made: InvalidParameter/],
])('%s ends the run at once, and the next one goes on', async (code, status, message) => {
  const made = await account.whole();
  standIn.intercept = ({ name }) =>
    /PUT .*managedClusters\/[\w-]+$/.test(name) ? error(status, code) : 'answer';
  await expect(account.up()).rejects.toThrow(message);
  expect(account.changing().filter((name) => /managedClusters\/[\w-]+$/.test(name))).toHaveLength(1);
  standIn.intercept = undefined;
  await account.up();
  expect(await standIn.inventory()).toEqual(made);
});

/** Ends a run at its nth changing call, which takes effect and is not answered. Whether there was such a call. */
async function killed(nth: number, run: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  const kill = new AbortController();
  let count = 0;
  standIn.intercept = ({ changes }) => {
    if (changes) count += 1;
    if (kill.signal.aborted) return 'break off';
    if (!changes || count !== nth) return 'answer';
    kill.abort(new Error('killed'));
    return 'take effect and break off';
  };
  const outcome = await run(kill.signal).then(
    () => 'ended',
    () => 'killed',
  );
  standIn.intercept = undefined;
  expect(outcome).toBe(count >= nth ? 'killed' : 'ended');
  return count >= nth;
}

test('up: killed at every change, the next run ends as an undisturbed one does', async () => {
  const made = await account.whole();
  let kills = 0;
  while (await killed(kills + 1, (signal) => account.up(shop(), signal))) {
    kills += 1;
    await account.up();
    expect(await standIn.inventory(), `killed at change ${kills}`).toEqual(made);
    await standIn.reset();
  }
  // Seven registrations and as many changes as there are resources, but for the two that the cluster makes.
  expect(kills).toBe(7 + made.length - 2);
});

test('down: killed at every change, the next run leaves nothing', async () => {
  let kills = 0;
  for (;;) {
    await account.up();
    if (!(await killed(kills + 1, (signal) => account.down(shop(), signal)))) break;
    kills += 1;
    await account.down();
    expect(await standIn.inventory(), `killed at change ${kills}`).toEqual([]);
  }
  expect(kills).toBe(15);
});

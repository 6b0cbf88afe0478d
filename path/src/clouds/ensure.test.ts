import { describe, expect, test } from 'vitest';
import type { StepFailed } from '../core/failure.ts';
import { UserMistake } from '../core/failure.ts';
import { dismantle } from './dismantle.ts';
import { ensure } from './ensure.ts';
import { observe } from './observe.ts';
import { Account, Refusal, shop, stack, thing } from './testing/nowhere.ts';

const up = (account: Account, signal?: AbortSignal) => ensure(account.work(signal), shop, stack);

async function down(account: Account, lastCopy = true, signal?: AbortSignal) {
  const work = account.work(signal);
  await observe(work, stack);
  return dismantle(work, stack, { lastCopy });
}

const madeBy = (account: Account) => account.calls.filter((call) => /^(create|update|delete)/.test(call));
const states = (account: Account) =>
  [...account.things].map(([name, { state, size }]) => `${name} ${state} ${size}`).sort();
const whole = [
  'shop-far-cluster ready 3',
  'shop-far-database ready 1',
  'shop-far-images ready 1',
  'shop-far-network ready 1',
  'shop-far-role ready 1',
];

/** Ends the work at the nth call, as a kill would: before it, or after it took effect and before it is answered. */
function killAt(account: Account, nth: number, when: 'before' | 'after') {
  const killed = new AbortController();
  const end = new Error('killed');
  let count = 0;
  account.trouble = (_call, takeEffect) => {
    if (killed.signal.aborted) throw end;
    count += 1;
    if (count !== nth) return;
    if (when === 'after') takeEffect();
    killed.abort(end);
    throw end;
  };
  return killed.signal;
}

test('everything is made after what it needs, and the second time nothing is', async () => {
  const account = new Account();
  await up(account);
  expect(states(account)).toEqual(whole);
  const order = madeBy(account);
  expect(order.indexOf('create cluster')).toBeGreaterThan(order.indexOf('create network'));
  account.calls.length = 0;
  await up(account);
  expect(madeBy(account)).toEqual([]);
});

test('drift is put right, and only there', async () => {
  const account = new Account();
  await up(account);
  const cluster = account.things.get('shop-far-cluster');
  if (cluster !== undefined) cluster.size = 9;
  account.calls.length = 0;
  await up(account);
  expect(madeBy(account)).toEqual(['update cluster']);
  expect(states(account)).toEqual(whole);
});

test("somebody else's of the same name is refused, and left alone by taking away", async () => {
  const account = new Account();
  const foreign = { tags: {}, state: 'ready', size: 7, looks: 0 } as const;
  account.things.set('shop-far-images', { ...foreign });
  await expect(up(account)).rejects.toThrow(
    /thing shop-far-images is there already and is not this project's/,
  );
  const { foreign: left } = await down(account);
  expect(left).toEqual(['thing shop-far-images']);
  expect(account.things.get('shop-far-images')).toEqual(foreign);
});

describe('a call that', () => {
  const cases: Readonly<Record<string, (call: string, takeEffect: () => void, times: number) => void>> = {
    'is throttled three times': (_call, _effect, times) => {
      if (times <= 3) throw new Refusal('again', 'slow down');
    },
    'takes effect and is not answered': (_call, takeEffect, times) => {
      if (times > 1) return;
      takeEffect();
      throw new Refusal('unknown', 'socket hang up');
    },
    'is not answered and took no effect': (_call, _effect, times) => {
      if (times === 1) throw new Refusal('unknown', 'socket hang up');
    },
    'meets another that makes the same': (_call, takeEffect, times) => {
      if (times > 1) return;
      takeEffect();
      throw new Refusal('exists', 'exists');
    },
  };
  for (const [name, trouble] of Object.entries(cases))
    test(`${name} ends well, and nothing is made twice`, async () => {
      const account = new Account();
      const times = new Map<string, number>();
      let effects = 0;
      account.trouble = (call, takeEffect) => {
        if (!call.startsWith('create')) return;
        const count = (times.get(call) ?? 0) + 1;
        times.set(call, count);
        trouble(
          call,
          () => {
            effects += 1;
            takeEffect();
          },
          count,
        );
      };
      await up(account);
      expect(states(account)).toEqual(whole);
      expect(effects).toBeLessThanOrEqual(stack.length);
    });
});

test.each([
  ['denied', 'docs/permissions', UserMistake],
  ['credentials', 'Name an account', UserMistake],
] as const)('%s is told at once, with what to do', async (failure, next, kind) => {
  const account = new Account();
  account.trouble = (call) => {
    if (call === 'create role') throw new Refusal(failure, 'no');
  };
  const error = (await up(account).catch((reason: unknown) => reason)) as StepFailed;
  expect(error).toBeInstanceOf(kind);
  expect(error.problems[0]?.what).toBe('thing shop-far-role could not be made: no');
  expect(error.problems[0]?.next).toContain(next);
});

test('what failed before is made anew; what fails now is told with its reason', async () => {
  const account = new Account();
  await up(account);
  const cluster = account.things.get('shop-far-cluster');
  Object.assign(cluster ?? {}, { state: 'failed', why: 'no capacity' });
  await up(account);
  expect(states(account)).toEqual(whole);

  const other = new Account();
  other.trouble = (call) => {
    const made = other.things.get('shop-far-cluster');
    if (call === 'find cluster' && made?.state === 'pending')
      Object.assign(made, { state: 'failed', why: 'no capacity in this zone' });
  };
  await expect(up(other)).rejects.toThrow(/thing shop-far-cluster failed: no capacity in this zone/);
});

test('what never becomes ready is told after its deadline', async () => {
  const account = new Account();
  account.patience = Number.POSITIVE_INFINITY;
  await expect(up(account)).rejects.toThrow(/did not become ready within 10 min: it is pending/);
});

test('taking away leaves nothing but a last copy of data', async () => {
  const account = new Account();
  await up(account);
  const { removed, copies } = await down(account);
  expect(removed).toHaveLength(stack.length);
  expect(copies).toEqual(['shop-far-database-last']);
  expect([...account.things.keys()]).toEqual(['shop-far-database-last']);
  await up(account);
  await down(account, false);
  expect([...account.things.keys()]).toEqual(['shop-far-database-last']);
});

describe.each(['before', 'after'] as const)('killed %s any call,', (when) => {
  test('the same command again ends in what an undisturbed one does', async () => {
    const undisturbed = new Account();
    await up(undisturbed);
    const calls = undisturbed.calls.length;
    expect(calls).toBeGreaterThan(10);
    for (let nth = 1; nth <= calls; nth += 1) {
      const account = new Account();
      await up(account, killAt(account, nth, when)).catch(() => {});
      account.trouble = () => {};
      await up(account);
      expect(states(account), `killed ${when} call ${nth}`).toEqual(whole);
    }
  });

  test('taking away again leaves nothing', async () => {
    const undisturbed = new Account();
    await up(undisturbed);
    undisturbed.calls.length = 0;
    await down(undisturbed, false);
    for (let nth = 1; nth <= undisturbed.calls.length; nth += 1) {
      const account = new Account();
      await up(account);
      await down(account, false, killAt(account, nth, when)).catch(() => {});
      account.trouble = () => {};
      await down(account, false);
      expect(states(account), `killed ${when} call ${nth}`).toEqual([]);
    }
  });
});

test("what is the whole account's is made where it lacks and stays; what comes later is not waited for, and goes", async () => {
  const account = new Account();
  const services = { ...thing({ id: 'services' }), stays: true };
  const address = { ...thing({ id: 'address', needs: [services] }), later: true };
  const own = [services, address];
  await ensure(account.work(), shop, own);
  expect(states(account)).toEqual(['shop-far-services ready 1']);
  await address.create(account, account.work().seen);
  const work = account.work();
  await observe(work, own);
  await dismantle(work, own, { lastCopy: true });
  expect(states(account)).toEqual(['shop-far-services ready 1']);
});

import { expect, test } from 'vitest';
import { type AcmeState, refusedOrders, troubleOf } from './acme-trouble.ts';

const acme = { server: 'https://authority.test/directory' };
const object = (kind: string, name: string, status: Readonly<Record<string, unknown>>, more = {}) => ({
  apiVersion: 'acme.cert-manager.io/v1',
  kind,
  metadata: { name, namespace: 'shop', uid: name, ...more },
  status,
});
const issuer = (status: string, message: string, generation = 1) =>
  object(
    'Issuer',
    'acme',
    { conditions: [{ type: 'Ready', status, message, observedGeneration: 1 }] },
    { generation },
  );
const state = (given: Partial<AcmeState>): AcmeState => ({
  issuer: issuer('True', ''),
  orders: [],
  challenges: [],
  ...given,
});
const trouble = (given: Partial<AcmeState>, past: ReadonlySet<string> = new Set()) =>
  troubleOf(acme, 'shop.example.com', state(given), past);

const refused = object(
  'Order',
  'second',
  { state: 'invalid' },
  { creationTimestamp: '2026-11-26T12:00:02Z' },
);
const older = object(
  'Order',
  'first',
  { state: 'errored', reason: 'another reason' },
  { creationTimestamp: '2026-11-26T12:00:01Z' },
);
const challenge = object(
  'Challenge',
  'its-challenge',
  { state: 'invalid', reason: 'nobody answered at 203.0.113.1' },
  { ownerReferences: [{ kind: 'Order', name: 'second', uid: 'second' }] },
);

test('nothing is wrong while an account is made, an order is under way, or nothing was asked for yet', () => {
  expect(trouble({ issuer: undefined })).toBeUndefined();
  expect(trouble({})).toBeUndefined();
  expect(trouble({ orders: [object('Order', 'one', { state: 'pending' })] })).toBeUndefined();
});

test('an authority that is not reached has two minutes, one that answers no has been asked for the last time', () => {
  const out = trouble({ issuer: issuer('False', 'dial tcp: connection refused') });
  expect(out?.patience).toBe(120);
  expect(out?.problem).toMatchObject({
    what: 'no account at https://authority.test/directory: dial tcp: connection refused',
    where: { object: 'shop/issuer/acme' },
  });
  expect(trouble({ issuer: issuer('False', 'returned an HTTP 404 response which') })?.patience).toBe(0);
  expect(
    trouble({ issuer: issuer('False', '400 urn:ietf:params:acme:error:invalidContact') })?.patience,
  ).toBe(0);
});

test('what was said of an issuer before it was changed counts for nothing', () => {
  expect(trouble({ issuer: issuer('False', 'no', 2) })).toBeUndefined();
});

test('of the newest order the reason of its own challenge is told, and waiting is over', () => {
  const found = trouble({ orders: [refused, older], challenges: [challenge] });
  expect(found?.patience).toBe(0);
  expect(found?.problem.what).toBe(
    'https://authority.test/directory refuses a certificate for shop.example.com: nobody answered at 203.0.113.1',
  );
  expect(found?.problem.next).toContain('port 80');
  expect(trouble({ orders: [refused] })?.problem.what).toContain('the order is invalid');
});

test('what was refused before this was begun is over', () => {
  const past = refusedOrders(state({ orders: [refused, older] }));
  expect(past).toEqual(new Set(['first', 'second']));
  expect(trouble({ orders: [refused, older], challenges: [challenge] }, past)).toBeUndefined();
});

test('what is only waited for is told when the time is over, with where to look', () => {
  const orders = [object('Order', 'second', { state: 'pending' })];
  const waiting = { ...challenge, status: { state: 'pending', reason: 'Waiting for propagation' } };
  const found = troubleOf(
    { ...acme, dns01: { rfc2136: {} } },
    'shop.example.com',
    state({ orders, challenges: [waiting] }),
  );
  expect(found?.patience).toBe(Number.POSITIVE_INFINITY);
  expect(found?.problem.what).toBe(
    'there is no certificate for shop.example.com yet: Waiting for propagation',
  );
  expect(found?.problem.next).toContain('zone of shop.example.com');
});

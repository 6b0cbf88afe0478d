import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { tokenSource } from './token.ts';

const identity = { accessKeyId: 'test', secretAccessKey: 'not-a-secret', sessionToken: 'session' };
const source = (options: { now?: () => number; credentials?: () => Promise<typeof identity> } = {}) =>
  tokenSource(options.credentials ?? (async () => identity), {
    cluster: 'shop-aws',
    region: 'eu-west-1',
    ...(options.now === undefined ? {} : { now: options.now }),
  });

test('a token is a signed request to STS of the region, good for a minute of signing, whose signature is right', async () => {
  const token = (await source({ now: () => Date.UTC(2026, 10, 26, 12) })()).reveal();
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/);
  const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
  expect(url.host).toBe('sts.eu-west-1.amazonaws.com');
  const query = Object.fromEntries(url.searchParams);
  const { 'X-Amz-Signature': signature, ...signed } = query;
  expect(signed).toEqual({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'test/20261126/eu-west-1/sts/aws4_request',
    'X-Amz-Date': '20261126T120000Z',
    'X-Amz-Expires': '60',
    'X-Amz-Security-Token': 'session',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  });
  // As the API server's authenticator sends it, worked out by hand (Signature Version 4, "Create a canonical request").
  const canonical = [
    'GET',
    '/',
    Object.entries(signed)
      .map((pair) => pair.map(encodeURIComponent).join('='))
      .sort()
      .join('&'),
    `host:${url.host}`,
    'x-k8s-aws-id:shop-aws',
    '',
    'host;x-k8s-aws-id',
    createHash('sha256').update('').digest('hex'),
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const scope = '20261126/eu-west-1/sts/aws4_request';
  const key = ['20261126', 'eu-west-1', 'sts', 'aws4_request'].reduce<string | Buffer>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${identity.secretAccessKey}`,
  );
  expect(signature).toBe(
    createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n20261126T120000Z\n${scope}\n${hash}`).digest('hex'),
  );
});

test('who asks at the same time gets the same one; it is made anew before the API server refuses it', async () => {
  let [now, signed] = [0, 0];
  const ask = source({
    now: () => now,
    credentials: async () => {
      signed += 1;
      return identity;
    },
  });
  const [one, other] = await Promise.all([ask(), ask()]);
  expect(one).toBe(other);
  now = 9 * 60_000;
  expect(await ask()).toBe(one);
  expect(signed).toBe(1);
  now = 14 * 60_000;
  expect(await ask()).not.toBe(one);
  expect(signed).toBe(2);
});

test('credentials that fail once are asked for again', async () => {
  let tries = 0;
  const ask = source({
    credentials: async () => {
      tries += 1;
      if (tries === 1) throw new Error('the sign-on has ended');
      return identity;
    },
  });
  await expect(ask()).rejects.toThrow('the sign-on has ended');
  expect((await ask()).reveal()).toMatch(/^k8s-aws-v1\./);
});

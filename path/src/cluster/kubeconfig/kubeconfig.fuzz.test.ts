import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import { fuzzed, fuzzTime, processorSeconds } from '../../core/fuzz.test-support.ts';
import { readAccess } from '../../kubernetes/kubeconfig.ts';
import { chooseContext } from './choose-context.ts';
import { findKubeconfig } from './find-kubeconfig.ts';

const timeout = fuzzTime;
const secret = 'c2VjcmV0LWtleS1tYXRlcmlhbA';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-kubeconfig-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Goes from the file to what a client is made of; tells, or takes it. */
async function takenOrTold(text: string | Uint8Array, context?: string): Promise<'taken' | 'told'> {
  const file = join(folder, 'config');
  await writeFile(file, text);
  try {
    const found = await findKubeconfig({ name: 'far', kubeconfig: file });
    const target = { name: 'far', ...(context === undefined ? {} : { context }) };
    const chosen = chooseContext(found, target);
    const access = await readAccess(chosen.kubeconfig);
    expect(access.server).toMatch(/^https?:\/\//);
    const authorization = await access.authorization();
    if (authorization !== undefined) expect(authorization).toMatch(/^(Bearer|Basic) [\x21-\x7e]+$/);
    return 'taken';
  } catch (error) {
    if (!(error instanceof UserMistake || error instanceof StepFailed)) throw error;
    for (const { what, where, next = '' } of error.problems) {
      const all = `${what} ${next}`;
      expect(all).not.toContain(secret);
      expect(all).not.toMatch(/[\p{Cc}\p{Cs}]|Invalid input|\bundefined\b|\[object|ENOENT|call stack/u);
      expect(all.length).toBeLessThan(1200);
      expect(next).not.toBe('');
      expect(where?.file ?? where?.key ?? '').not.toBe('');
    }
    return 'told';
  }
}

const base = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'far',
  contexts: [{ name: 'far', context: { cluster: 'far', user: 'me', namespace: 'x' } }],
  clusters: [
    { name: 'far', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': 'AAAA' } },
  ],
  users: [{ name: 'me', user: { token: secret } }],
};

test('the document that is altered below is taken', async () => {
  expect(await takenOrTold(stringify(base))).toBe('taken');
});

const odd = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  fc.constantFrom(
    '',
    'far',
    'me',
    '/nowhere/at/all',
    '..',
    '/dev/null',
    'https://[',
    'http://x y',
    'a\nb',
    '\0',
    '__proto__',
  ),
);
const spots = fc.constantFrom(
  ...([
    ['current-context'],
    ['contexts'],
    ['clusters'],
    ['users'],
    ['contexts', 0],
    ['contexts', 0, 'name'],
    ['contexts', 0, 'context'],
    ['contexts', 0, 'context', 'cluster'],
    ['contexts', 0, 'context', 'user'],
    ['clusters', 0, 'name'],
    ['clusters', 0, 'cluster'],
    ['clusters', 0, 'cluster', 'server'],
    ['clusters', 0, 'cluster', 'certificate-authority'],
    ['clusters', 0, 'cluster', 'certificate-authority-data'],
    ['clusters', 0, 'cluster', 'tls-server-name'],
    ['users', 0, 'user'],
    ['users', 0, 'user', 'token'],
    ['users', 0, 'user', 'tokenFile'],
    ['users', 0, 'user', 'username'],
    ['users', 0, 'user', 'password'],
    ['users', 0, 'user', 'client-key'],
    ['users', 0, 'user', 'client-certificate'],
  ] as const),
);

test('any value anywhere in a kubeconfig is taken or told, and no secret shown', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(spots, odd), { minLength: 1, maxLength: 3 }),
      fc.option(fc.constantFrom('far', 'x', '__proto__'), { nil: undefined }),
      async (changes, context) => {
        const document: unknown = structuredClone(base);
        for (const [path, value] of changes) {
          let at: unknown = document;
          for (const key of path.slice(0, -1))
            at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
          if (typeof at === 'object' && at !== null)
            (at as Record<string, unknown>)[path.at(-1) ?? ''] = value;
        }
        await takenOrTold(stringify(document), context);
      },
    ),
    fuzzed(150),
  );
});

test('any bytes in the place of a kubeconfig are told, and no secret shown', { timeout }, async () => {
  const whole = Buffer.from(stringify(base));
  const damaged = fc
    .array(fc.tuple(fc.nat(whole.byteLength - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
    .map((changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
      await takenOrTold(bytes);
    }),
    fuzzed(150),
  );
});

test.each([
  [
    'aliases of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]\n`,
  ],
  ['an alias without anchor', 'contexts: *x\n'],
  ['what contains itself', 'contexts: &a [*a]\n'],
  ['brackets without end', '['.repeat(100_000)],
  ['many keys', Array.from({ length: 20_000 }, (_, at) => `k${at}: 1\n`).join('')],
  ['megabytes', `# ${'x'.repeat(20 << 20)}`],
])('%s take no long time and are told', { timeout }, async (_, text) => {
  expect(await processorSeconds(async () => expect(await takenOrTold(text)).toBe('told'))).toBeLessThan(8);
});

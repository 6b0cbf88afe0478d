import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { fuzzed, fuzzTime } from '../core/fuzz.test-support.ts';
import type { BuiltImage } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import { pullImage } from './pull.ts';
import { publishImages } from './step.ts';
import { type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { follow, type Plan, plans, stubborn, type Wrong } from './testing/rogue.ts';
import { startThief, type Thief } from './testing/thief.ts';
import { createWorld, type World } from './testing/world.ts';

let there: World;
let fake: FakeRegistry;
let thief: Thief;
let image: BuiltImage;
beforeEach(async () => {
  [there, fake, thief] = await Promise.all([createWorld(), startFakeRegistry(), startThief()]);
  vi.stubEnv('DOCKER_CONFIG', there.folder);
  image = await there.image('web', 'one layer', 'another '.repeat(2000));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([fake.close(), thief.close(), there.remove()]);
});

const timeout = fuzzTime;
const patience = { connect: 5000, answer: 100, pace: { bytes: 1000, time: 100 } };
const credentials = { username: 'me', password: new Secret('hunter2') };
const secrets = ['hunter2', Buffer.from('me:hunter2').toString('base64')];
const schemes = fc.constantFrom('basic', 'bearer', 'none');
type Scheme = typeof schemes extends fc.Arbitrary<infer T> ? T : never;

/** A registry without anything in it, or with the image, that does to the first requests what the plan says. */
function prepare(plan: Plan, scheme: Scheme, forever?: Wrong): void {
  fake.authentication = scheme === 'none' ? undefined : { scheme, username: 'me', password: 'hunter2' };
  fake.got.length = 0;
  fake.tokens.length = 0;
  thief.loot.length = 0;
  fake.fault = follow(plan, { home: fake.url, thief: thief.url }, forever);
}

/** Asserts what must be so whatever a registry does. */
function unharmed(error: unknown): void {
  // Five attempts for each of some ten requests, five redirects and a token for each of those.
  expect(fake.got.length).toBeLessThan(400);
  for (const stolen of thief.loot) {
    for (const secret of [...secrets, ...fake.tokens]) expect(stolen).not.toContain(secret);
    expect(stolen.toLowerCase()).not.toContain('\nauthorization\n');
  }
  if (error === undefined) return;
  if (!(error instanceof StepFailed || error instanceof UserMistake)) throw error;
  const host = new URL(fake.url).host;
  for (const { what, next = '', details = [] } of error.problems) {
    const all = [what, next, ...details].join(' ');
    expect(all).not.toMatch(/[\p{Cc}\p{Cs}]|undefined|\[object|\.[jt]s:\d/u);
    expect(all.length).toBeLessThan(1500);
    for (const secret of [...secrets, ...fake.tokens]) expect(all).not.toContain(secret);
    expect(next.trim()).not.toBe('');
    expect(what).toMatch(new RegExp(`${host}|${new URL(thief.url).host}|127.0.0.1:1|elsewhere`));
  }
}

async function ended(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error ?? new Error('nothing was thrown'),
  );
}

/** Whether it says of nothing that it is there or was done. */
function isNoLie(one: Wrong | undefined): boolean {
  if (one === undefined || one.kind === 'redirect' || one.kind === 'challenge' || one.kind === 'floods')
    return true;
  return (one.kind === 'answer' || one.kind === 'endless') && one.status >= 400;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a push ends, tells no secret, and what is said to be there is there', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(
      plans,
      fc.option(stubborn, { nil: undefined, freq: 4 }),
      schemes,
      async (plan, forever, scheme) => {
        fake.blobs.clear();
        fake.manifests.clear();
        prepare(plan, scheme, forever);
        const access = { url: fake.url, name: new URL(fake.url).host, prefix: 'hello', credentials };
        const error = await ended(publishImages(there.context, access, [image], { tags: ['v1'], patience }));
        unharmed(error);
        if (error === undefined && [...plan, forever].every(isNoLie)) {
          const { digest } = image.manifest.descriptor;
          expect([...(fake.manifests.get('hello/web')?.keys() ?? [])].sort()).toEqual([digest, 'v1'].sort());
          expect(fake.blobs.get('hello/web')?.size).toBe(3);
        }

        for (const [name, bytes] of fake.blobs.get('hello/web') ?? [])
          expect(`sha256:${sha256(bytes)}`).toBe(name);
      },
    ),
    fuzzed(25),
  );
});

/** Flips a bit of what the registry has under a digest, and returns how to flip it back. */
function alter(digest: string, at: number): () => void {
  const bytes =
    fake.blobs.get('hello/web')?.get(digest) ?? fake.manifests.get('hello/web')?.get(digest)?.bytes;
  if (bytes === undefined) throw new Error(`there is no ${digest}`);
  const flip = () => {
    bytes[at % bytes.byteLength] = (bytes[at % bytes.byteLength] ?? 0) ^ 0x20;
  };
  flip();
  return flip;
}

test('a pull ends, tells no secret, and takes no other bytes than the digest says', { timeout }, async () => {
  const name = new URL(fake.url).host;
  const access = { url: fake.url, name, prefix: 'hello', credentials };
  await publishImages(there.context, access, [image], { tags: ['v1'] });
  const { digest } = image.manifest.descriptor;
  const parts = [image.manifest, image.config, ...image.layers].map(({ descriptor }) => descriptor.digest);
  thief.answer = ({ url = '' }) => ({
    status: 200,
    body: fake.blobs.get('hello/web')?.get(url) ?? Buffer.from('other'),
  });
  await fc.assert(
    fc.asyncProperty(
      plans,
      fc.option(stubborn, { nil: undefined, freq: 4 }),
      schemes,
      fc.constantFrom(':v1', `@${digest}`),
      fc.option(fc.tuple(fc.constantFrom(...parts), fc.nat()), { nil: undefined, freq: 2 }),
      async (plan, forever, scheme, version, altered) => {
        const here = await createWorld();
        const restore = altered === undefined ? () => {} : alter(...altered);
        try {
          prepare(plan, scheme, forever);
          const pulling = pullImage(here.context, `${name}/hello/web${version}`, {
            store: here.store,
            credentials,
            patience,
          });
          const error = await ended(pulling);
          unharmed(error);
          if (error === undefined) {
            const { manifest, config, layers } = await pulling;
            for (const { path, descriptor } of [manifest, config, ...layers]) {
              expect(`sha256:${sha256(await readFile(path))}`).toBe(descriptor.digest);
            }
            if (version.startsWith('@')) expect(manifest.descriptor.digest).toBe(digest);
          }
          const blobs = join(here.folder, 'blobs');
          for (const kept of await readdir(join(blobs, 'sha256')).catch(() => [])) {
            expect(sha256(await readFile(join(blobs, 'sha256', kept)))).toBe(kept);
          }
          expect(await readdir(join(blobs, 'incoming')).catch(() => [])).toEqual([]);
        } finally {
          restore();
          await here.remove();
        }
      },
    ),
    fuzzed(30),
  );
});

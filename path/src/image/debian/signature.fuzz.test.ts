import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createCleartextMessage, sign } from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StepFailed } from '../../core/failure.ts';
import { fuzzed, fuzzTime } from '../../core/fuzz.test-support.ts';
import { verifiedText } from './signature.ts';
import { day, makeKey, today } from './test-mirror.ts';

const text = `Suite: trixie\nDate: ${today.toUTCString()}\nSHA256:\n ${'ab'.repeat(32)} 12 main/Packages\n- dashes\n`;

let folder: string;
let signed: string;
let ring: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-signature-fuzz-'));
  const { privateKey, publicKey } = await makeKey();
  ring = join(folder, 'ring.asc');
  await writeFile(ring, publicKey.armor());
  const date = new Date(today.getTime() - day);
  signed = await sign({ message: await createCleartextMessage({ text }), signingKeys: privateKey, date });
});
afterAll(() => rm(folder, { recursive: true }));

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom(
    '\n',
    '\r\n',
    '- ',
    '-----BEGIN PGP SIGNED MESSAGE-----\n',
    '-----BEGIN PGP SIGNATURE-----\n',
    'Hash: SHA1\n',
  ),
  fc.constantFrom(
    'Hash: SHA512\n\n',
    'Suite: sid\n',
    '\t ',
    '=',
    '\0',
    '-----END PGP SIGNATURE-----\n',
    'A'.repeat(500),
  ),
);

test('of a signed text that was altered anywhere nothing but what was signed is taken', {
  timeout: fuzzTime,
}, async () => {
  const trust = { signedBy: [ring] };
  // What ends a line is not signed (RFC 9580, section 7.2), and means nothing in a release.
  const meant = (read: string) => read.replace(/[ \t\r]+$/gm, '').trimEnd();
  expect(meant(await verifiedText(signed, trust, today, 'http://m/x'))).toBe(meant(text));
  const changes = fc.array(fc.tuple(fc.nat(signed.length), fc.nat(6), piece), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(changes, async (all) => {
      let altered = signed;
      for (const [at, cut, put] of all) altered = altered.slice(0, at) + put + altered.slice(at + cut);
      try {
        expect(meant(await verifiedText(altered, trust, today, 'http://m/x'))).toBe(meant(text));
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        for (const { what, next } of error.problems) {
          expect(what).toMatch(/^http:\/\/m\/x is not signed by a key that this machine trusts: ./);
          expect(what).not.toMatch(/[\p{Cc}\p{Cs}]|undefined|\[object/u);
          expect(what.length).toBeLessThan(700);
          expect(next).toBeDefined();
        }
      }
    }),
    fuzzed(60),
  );
});

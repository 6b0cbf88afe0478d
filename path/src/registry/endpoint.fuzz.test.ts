import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { fuzzed } from '../core/fuzz.test-support.ts';
import { Secret } from '../core/secret.ts';
import { tokenAsk } from './authenticate.ts';
import { parseChallenges } from './challenge.ts';
import { followLocation, isLoopback, registryEndpoint } from './endpoint.ts';

/** This machine, as a registry elsewhere may write it. */
const here = fc.constantFrom(
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
  ],
  ...[
    '127.8.9.10',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '127.0.0.1.',
  ],
);
const elsewhere = fc.oneof(
  fc.domain(),
  fc.constantFrom('registry.example.com', '10.0.0.2', '8.8.8.8', '[2001:db8::1]', 'registry.example.com.'),
);
const scheme = fc.constantFrom('http', 'https');
const port = fc.constantFrom('', ':1', ':443', ':80', ':5000');
const path = fc.oneof(fc.webPath(), fc.constantFrom('', '/', '/v2/', '//x', '/..', '?a=b'));
const at = (host: fc.Arbitrary<string>) =>
  fc.tuple(scheme, host, port, path).map(([how, name, on, below]) => `${how}://${name}${on}${below}`);
const odd = fc.constantFrom(
  '',
  '/',
  '//',
  '//localhost',
  '\\\\localhost\\a',
  'http:/localhost',
  'http:localhost',
  'ftp://a',
  ' ',
  '?',
);
const registries = at(elsewhere).map((text) => new URL(new URL(text).origin));

test('each way of writing this machine is seen', () => {
  fc.assert(
    fc.property(here, scheme, (host, how) => {
      expect(isLoopback(new URL(`${how}://${host}/`).hostname)).toBe(true);
    }),
    fuzzed(100),
  );
});

test('from elsewhere no way leads to this machine, out of https, or with a password', () => {
  const user = fc.constantFrom('', 'me:hunter2@');
  const target = fc.oneof(at(here), at(elsewhere), odd, fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(registries, target, user, (from, location, login) => {
      let to: URL;
      try {
        to = followLocation(from, location.replace('://', `://${login}`), 'a/b');
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        expect(error.message).toContain('a/b');
        expect(error.message).toContain(from.host);
        return;
      }
      expect(to.href).not.toContain('hunter2');
      expect(isLoopback(to.hostname)).toBe(false);
      if (from.protocol === 'https:') expect(to.protocol).toBe('https:');
      expect(['http:', 'https:']).toContain(to.protocol);
    }),
    fuzzed(400),
  );
});

const credentials = [
  { kind: 'password', username: 'me', password: new Secret('hunter2') },
  { kind: 'identity-token', token: new Secret('hunter2') },
] as const;

test('a password goes to no token service that is unencrypted elsewhere or this machine itself', () => {
  const realm = fc.oneof(at(here), at(elsewhere), odd, fc.string());
  const quoted = (text: string) => text.replaceAll(/["\\]/g, '\\$&');
  fc.assert(
    fc.property(registries, realm, fc.constantFrom(...credentials), (registry, where, who) => {
      const [challenge] = parseChallenges([`Bearer realm="${quoted(where)}",service="s"`]);
      if (challenge === undefined) return;
      try {
        const { url, headers, body = '' } = tokenAsk(registry, challenge, ['repository:a:pull'], who);
        expect(url.href).not.toContain('hunter2');
        expect(isLoopback(url.hostname)).toBe(false);
        if (url.protocol !== 'https:')
          expect([registry.protocol, registry.hostname]).toEqual(['http:', url.hostname]);
        expect(JSON.stringify(headers) + body).toMatch(/Basic|hunter2/);
      } catch (error) {
        if (!(error instanceof UserMistake)) throw error;
      }
    }),
    fuzzed(300),
  );
});

test('a challenge is read, whatever it says, and what was quoted is read as it was', () => {
  const value = fc.string({ unit: 'binary-ascii' }).filter((text) => !/[\r\n]/.test(text));
  fc.assert(
    fc.property(value, value, fc.string(), (realm, service, rest) => {
      const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
      const [first] = parseChallenges([`Bearer realm=${quoted(realm)}, service=${quoted(service)}`, rest]);
      expect(first).toEqual({ scheme: 'bearer', parameters: { realm, service } });
      for (const { scheme: name } of parseChallenges([rest])) expect(name).toBe(name.toLowerCase());
    }),
    fuzzed(200),
  );
  for (const long of ['a="', 'a,', 'Bearer ', 'a=b,', ' ', '\\"', 'a="\\']) {
    parseChallenges([long.repeat(16_384 / long.length)]);
  }
});

test('an address is a registry, or it is told why it is none', () => {
  const text = fc.oneof(at(elsewhere), at(here), elsewhere, here, odd, fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, (written) => {
      try {
        const url = registryEndpoint(written);
        expect([url.username, url.password, url.pathname]).toEqual(['', '', '/']);
        if (url.protocol === 'http:' && !written.includes('://')) expect(isLoopback(url.hostname)).toBe(true);
      } catch (error) {
        if (!(error instanceof UserMistake)) throw error;
        for (const { what } of error.problems) expect(what).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }
    }),
    fuzzed(300),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, parseDigest } from './digest.ts';
import { parseReference, referenceText } from './reference.ts';

const digest = digestOf('x');

test('each part of a reference is found', () => {
  expect(parseReference('host:5000/a/b-c:v1')).toEqual({
    registry: 'host:5000',
    repository: 'a/b-c',
    tag: 'v1',
  });
  expect(parseReference(`registry.example/a@${digest}`)).toEqual({
    registry: 'registry.example',
    repository: 'a',
    digest,
  });
  expect(parseReference(`localhost/a:t@${digest}`)).toEqual({
    registry: 'localhost',
    repository: 'a',
    tag: 't',
    digest,
  });
  expect(parseReference('[::1]:5000/a').registry).toBe('[::1]:5000');
});

test('a reference is written as it was read', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  fc.assert(
    fc.property(
      fc.constantFrom('a.example', 'a.example:443', 'localhost', '10.0.0.1:5000'),
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/)),
      fc.boolean(),
      (host, path, tag, withDigest) => {
        const text = `${host}/${path.join('/')}${tag === null ? '' : `:${tag}`}${withDigest ? `@${digest}` : ''}`;
        expect(referenceText(parseReference(text))).toBe(text);
      },
    ),
  );
});

test.each([
  ['alpine', /names no registry/],
  ['library/alpine:3', /names no registry/],
  ['', /names no registry/],
  ['a.example/Upper', /capital letters/],
  ['a.example/', /path that no registry accepts/],
  ['a.example/a//b', /path that no registry accepts/],
  ['a.example/a:', /tag that no registry accepts/],
  ['a.example/a:b:c', /tag that no registry accepts/],
  ['a.example/a@sha256:12', /no whole digest/],
  ['a.example/a@b@c', /two "@"/],
  ['-.example/a', /no host/],
])('%s is refused', (text, message) => {
  expect(() => parseReference(text)).toThrow(message);
});

test('digests are read strictly', () => {
  expect(parseDigest(digest)).toBe(digest);
  expect(() => parseDigest('sha512:00')).toThrow(/by sha512/);
  expect(() => parseDigest('sha256:00')).toThrow(/here are 2/);
  expect(() => parseDigest(digest.toUpperCase())).toThrow();
  expect(() => parseDigest('latest')).toThrow(/no algorithm/);
});

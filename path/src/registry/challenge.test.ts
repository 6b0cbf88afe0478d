import { expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

test.each([
  [
    'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://auth.example.com/token',
          service: 'registry.example.com',
          scope: 'repository:a/b:pull,push',
        },
      },
    ],
  ],
  ['BASIC Realm=plain', [{ scheme: 'basic', parameters: { realm: 'plain' } }]],
  ['Negotiate', [{ scheme: 'negotiate', parameters: {} }]],
  [
    'Negotiate, Basic realm="a \\"b\\", c" , Bearer realm = "d",error="x"',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'basic', parameters: { realm: 'a "b", c' } },
      { scheme: 'bearer', parameters: { realm: 'd', error: 'x' } },
    ],
  ],
  ['', []],
  ['"?', []],
])('%s', (value, expected) => {
  expect(parseChallenges([value])).toEqual(expected);
});

test('several values are several challenges', () => {
  expect(parseChallenges(['Basic realm="a"', 'Bearer realm="b"']).map(({ scheme }) => scheme)).toEqual([
    'basic',
    'bearer',
  ]);
});

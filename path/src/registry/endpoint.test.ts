import { expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { followLocation, isPrivate, registryEndpoint } from './endpoint.ts';

test.each([
  ['registry.example.com', 'https://registry.example.com/'],
  ['registry.example.com:5000', 'https://registry.example.com:5000/'],
  ['10.77.0.2:5000', 'https://10.77.0.2:5000/'],
  ['http://10.77.0.2:5000', 'http://10.77.0.2:5000/'],
  ['localhost:5000', 'http://localhost:5000/'],
  ['127.0.0.1', 'http://127.0.0.1/'],
  ['[::1]:5000', 'http://[::1]:5000/'],
])('%s is reached at %s', (text, expected) => {
  expect(registryEndpoint(text).href).toBe(expected);
});

test.each(['', 'ftp://registry.example.com', 'https://registry.example.com/v2', 'a b'])(
  '"%s" is refused',
  (text) => {
    expect(() => registryEndpoint(text)).toThrow(UserMistake);
  },
);

test('a password in an address is refused and not repeated', () => {
  expect(() => registryEndpoint('https://me:hunter2@registry.example.com')).toThrow(UserMistake);
  expect(() => registryEndpoint('https://me:hunter2@registry.example.com/x')).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
  );
});

test.each([
  ['https://r.example.com/v2/x', '/v2/y?_state=a%2Bb%3D', 'https://r.example.com/v2/y?_state=a%2Bb%3D'],
  ['https://r.example.com/v2/x', 'https://s.example.com/y', 'https://s.example.com/y'],
  ['https://r.example.com/v2/x', 'https://a:b@s.example.com/y', 'https://s.example.com/y'],
  ['https://r.example.com:8443/v2/x', 'http://r.example.com/y', 'https://r.example.com:8443/y'],
  ['http://10.0.0.2/v2/x', 'http://10.0.0.3/y', 'http://10.0.0.3/y'],
])('from %s, %s leads to %s', (from, location, expected) => {
  expect(followLocation(new URL(from), location, 'a/b').href).toBe(expected);
});

test.each(['http://s.example.com/y', 'file:///etc/passwd', 'http://'])(
  'from https, %s is not followed',
  (location) => {
    expect(() => followLocation(new URL('https://r.example.com/'), location, 'a/b')).toThrow(StepFailed);
  },
);

test('private networks', () => {
  const hosts = [
    '10.1.2.3',
    '172.16.0.1',
    '172.31.0.1',
    '192.168.1.1',
    '[fd00::1]',
    '127.0.0.1',
    'x.localhost',
  ];
  expect(hosts.filter((host) => !isPrivate(host))).toEqual([]);
  const others = ['172.32.0.1', '11.0.0.1', '8.8.8.8', 'example.com', '10.example.com', '[2001:db8::1]'];
  expect(others.filter(isPrivate)).toEqual([]);
});

import { expect, test } from 'vitest';
import { outsideNameServers } from './resolver.ts';

test.each([
  ['nameserver 127.0.0.53\noptions edns0', []],
  ['# nameserver 10.0.0.1\nnameserver ::1\nnameserver 10.0.0.2 \n', ['10.0.0.2']],
  ['search example.org\nnameserver\t192.0.2.7\n  nameserver fd00::1', ['192.0.2.7', 'fd00::1']],
  ['', []],
])('name servers beyond loopback of %j', (text, expected) => {
  expect(outsideNameServers(text)).toEqual(expected);
});

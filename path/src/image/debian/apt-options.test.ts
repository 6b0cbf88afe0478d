import { expect, test } from 'vitest';
import { parseAptOptions } from './apt-options.ts';

test('proxies, authorities and the switch for Valid-Until are read', () => {
  const dump = `APT "";
Acquire::http "";
Acquire::http::Proxy "http://proxy.test:3128";
Acquire::http::Proxy::inside.test "DIRECT";
Acquire::https::CAInfo "/etc/ssl/own.pem";
Acquire::Check-Valid-Until "false";
`;
  const http = parseAptOptions(dump, 'http');
  expect(http).toEqual({
    proxy: 'http://proxy.test:3128',
    hostProxies: new Map([['inside.test', 'DIRECT']]),
    authorities: ['/etc/ssl/own.pem'],
    checkValidUntil: false,
  });
  expect(parseAptOptions(dump, 'https').proxy).toBe('http://proxy.test:3128');
});

test('an https proxy is for https only', () => {
  const dump = 'Acquire::https::Proxy "http://secure.test";\n';
  expect(parseAptOptions(dump, 'https').proxy).toBe('http://secure.test');
  expect(parseAptOptions(dump, 'http').proxy).toBeUndefined();
});

test('an empty configuration has nothing but the defaults', () => {
  expect(parseAptOptions('', 'https')).toEqual({
    hostProxies: new Map(),
    authorities: [],
    checkValidUntil: true,
  });
});

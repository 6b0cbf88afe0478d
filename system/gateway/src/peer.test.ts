import { expect, it } from 'vitest';
import { peersOf } from './peer.ts';

it('trusts the networks it was told, and no others', () => {
  const peer = peersOf(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.1', 'fd12::1'])
    expect(peer(address).trusted, address).toBe(true);
  for (const address of ['11.0.0.1', '192.0.2.2', '::1', 'fe80::1', '', undefined])
    expect(peer(address).trusted, address).toBe(false);
  expect(peer('::ffff:10.1.2.3').address).toBe('10.1.2.3');
});

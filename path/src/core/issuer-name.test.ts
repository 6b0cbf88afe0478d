import { expect, test } from 'vitest';
import { issuerName } from './issuer-name.ts';

test('an issuer is called by its common name, and by its organisation where it has one', () => {
  expect(issuerName("C=US\nO=Let's Encrypt\nCN=R11")).toBe("R11 (Let's Encrypt)");
  expect(issuerName('CN=ptp local authority for shop.localhost')).toBe(
    'ptp local authority for shop.localhost',
  );
  expect(issuerName('O=An authority')).toBe('An authority');
  expect(issuerName('C=US\nOU=nobody')).toBe('C=US, OU=nobody');
});

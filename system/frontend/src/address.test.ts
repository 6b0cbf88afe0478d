import { expect, test } from 'vitest';
import { addressWithId, idOfAddress } from './address.ts';

test('an address without an id, with one, and with something else', () => {
  expect(idOfAddress('')).toBeUndefined();
  expect(idOfAddress('?x=1')).toBeUndefined();
  expect(idOfAddress('?x=1&id=7')).toBe(7);
  for (const search of ['?id=', '?id=x', '?id=../1', '?id=-7'])
    expect(idOfAddress(search), search).toBe('invalid');
});

test('an id is put into an address, and the rest of it stays', () => {
  expect(addressWithId('https://a.example/?x=1#top', 7)).toBe('https://a.example/?x=1&id=7#top');
  expect(addressWithId('https://a.example/?id=6', 7)).toBe('https://a.example/?id=7');
});

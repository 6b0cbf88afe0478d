import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseForm } from './negotiate.ts';
import type { Coding, Form, SiteFile } from './site.ts';

function form(size: number, coding?: Coding): Form {
  const content = { bytes: new Uint8Array(size) };
  return { ...(coding === undefined ? {} : { coding }), size, etag: `"${coding}"`, content };
}
const file: SiteFile = {
  type: 'text/css',
  hashed: false,
  plain: form(100),
  coded: [form(10, 'br'), form(11, 'zstd'), form(12, 'gzip')],
};
const chosen = (header: string | undefined) => {
  const result = chooseForm(file, header);
  return result === undefined ? 'refused' : (result.coding ?? 'plain');
};

test.each([
  [undefined, 'plain'],
  ['', 'plain'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP;Q=0.5', 'gzip'],
  ['br;q=0.5, zstd;q=0.8, gzip', 'gzip'],
  ['br;q=0, *', 'zstd'],
  ['*', 'br'],
  ['*;q=0.1', 'br'],
  ['identity, gzip;q=0.5', 'plain'],
  ['identity;q=0.5, gzip;q=0.5', 'gzip'],
  ['deflate', 'plain'],
  ['deflate, identity;q=0', 'refused'],
  ['*;q=0', 'refused'],
  ['*;q=0, identity;q=0.1', 'plain'],
  ['gzip;q=0', 'plain'],
  ['br;q=2, gzip;q=x', 'plain'],
  ['br ; q=0.001 , gzip ; q=0', 'br'],
])('Accept-Encoding %j chooses %s', (header, expected) => {
  expect(chosen(header)).toBe(expected);
});

test('a coding with weight 0 is never chosen, whatever else the header says', () => {
  const weights = fc.record({
    br: fc.integer({ min: 0, max: 9 }),
    zstd: fc.integer({ min: 0, max: 9 }),
    gzip: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(weights, (given) => {
      const header = Object.entries(given)
        .map(([name, tenths]) => `${name};q=0.${tenths}`)
        .join(',');
      const best = Math.max(...Object.values(given));
      const result = chosen(header);
      if (best === 0) expect(result).toBe('plain');
      else expect(given[result as keyof typeof given]).toBe(best);
    }),
  );
});

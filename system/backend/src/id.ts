const largest = 2n ** 63n - 1n;

/**
 * Understands an id as it stands in a path. One row has one address, so only the plain decimal form counts:
 * no sign `+`, no leading zero, no other base, no digits of other scripts.
 *
 * @returns the number; `none` when it is a number that no row can have (zero, negative, above 2^63-1);
 * `malformed` when it is no number
 */
export function parseId(text: string): bigint | 'none' | 'malformed' {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return 'malformed';
  // No number of 20 digits is an id, and converting thousands of digits would be work for nothing.
  if (text.length > 19 || text.startsWith('-') || text === '0') return 'none';
  const id = BigInt(text);
  return id > largest ? 'none' : id;
}

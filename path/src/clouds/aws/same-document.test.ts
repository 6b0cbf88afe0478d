import { expect, test } from 'vitest';
import { sameDocument } from './same-document.ts';

const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'eks.amazonaws.com' }, Action: ['a', 'b'] }],
};

test('order, and a list of one, say nothing', () => {
  const [statement] = trust.Statement;
  expect(
    sameDocument(trust, { Statement: { ...statement, Action: ['b', 'a'] }, Version: '2012-10-17' }),
  ).toBe(true);
});

test.each([
  undefined,
  {},
  { ...trust, Statement: [] },
  { ...trust, Statement: [{ ...trust.Statement[0], Action: ['a'] }] },
  { ...trust, Statement: [...trust.Statement, { Effect: 'Allow' }] },
])('%j is another', (other) => {
  expect(sameDocument(trust, other)).toBe(false);
});

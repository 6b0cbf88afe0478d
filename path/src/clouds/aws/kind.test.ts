import { expect, test } from 'vitest';
import { eks, serviceRange } from './kind.ts';

test('the name server is the tenth address of Services, as EKS has it', () => {
  const [base = ''] = serviceRange.split('/');
  expect(eks.nameServers).toEqual([`${base.replace(/\.0$/, '.10')}/32`]);
});

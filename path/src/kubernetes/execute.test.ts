import { expect, test } from 'vitest';
import { exitCode } from './execute.ts';

test('the status at its end tells how a program ended', () => {
  expect(exitCode({ status: 'Success' })).toBe(0);
  const causes = [{ reason: 'ExitCode', message: '3' }];
  expect(exitCode({ status: 'Failure', message: 'command terminated', details: { causes } })).toBe(3);
});

test('a program that never ran has no exit code, and the reason is told', () => {
  expect(exitCode({ status: 'Failure', message: 'no such file' })).toBe('no such file');
  expect(exitCode({ status: 'Failure' })).toBe('it ended without a status');
});

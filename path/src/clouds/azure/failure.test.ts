import { expect, test } from 'vitest';
import { UserMistake } from '../../core/failure.ts';
import { AzureError } from './api.ts';
import { failureOf, wordsOf } from './failure.ts';

test.each([
  ['PUT', 429, 'TooManyRequests', 'again'],
  ['PUT', 503, '', 'again'],
  ['PUT', 409, 'MissingSubscriptionRegistration', 'again'],
  ['PUT', 400, 'PrincipalNotFound', 'again'],
  ['PUT', 404, 'ParentResourceNotFound', 'again'],
  ['DELETE', 404, 'ResourceNotFound', 'gone'],
  ['DELETE', 400, 'InUseSubnetCannotBeDeleted', 'in-use'],
  ['DELETE', 409, 'CannotDeleteResource', 'in-use'],
  ['PUT', 409, 'RoleAssignmentExists', 'exists'],
  ['PUT', 409, 'AlreadyInUse', 'refused'],
  ['PUT', 400, 'InvalidRequestContent', 'refused'],
  ['PUT', 403, 'AuthorizationFailed', 'denied'],
  ['PUT', 403, '', 'denied'],
  ['GET', 401, 'ExpiredAuthenticationToken', 'credentials'],
  ['PUT', 409, 'QuotaExceeded', 'limit'],
  ['PUT', 400, 'ErrCode_InsufficientVCPUQuota', 'limit'],
  ['PUT', 409, 'SkuNotAvailable', 'limit'],
  ['PUT', 409, 'Conflict', 'again'],
] as const)('%s %i %s: %s', (method, status, code, failure) => {
  expect(failureOf(new AzureError(method, status, code, 'words'))).toBe(failure);
});

test('what breaks on the way may have taken effect; our own words are final', () => {
  expect(failureOf(new Error('socket hang up'))).toBe('unknown');
  expect(failureOf(Object.assign(new Error('log in'), { name: 'CredentialUnavailableError' }))).toBe(
    'credentials',
  );
  expect(failureOf(new UserMistake({ what: 'no' }))).toBe('refused');
});

test('words are one line, with the code and without secrets', () => {
  const message = 'no\nway: Bearer abc.def, client_secret=hush&sig=hash eyJhbGciOi.eyJvaWQi.c2ln';
  const words = wordsOf(new AzureError('PUT', 400, 'Bad', message));
  expect(words).toMatch(/^Bad: no way: /);
  expect(words).not.toMatch(/abc\.def|hush|hash|eyJ|c2ln/);
});

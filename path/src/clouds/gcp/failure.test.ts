import { expect, test } from 'vitest';
import { CredentialsEnded, errorOf, NoAnswer } from './error.ts';
import { failureOf, wordsOf } from './failure.ts';

const answered = (status: number, reason: string, message = 'words', changes = true) =>
  failureOf(errorOf(status, { error: { code: status, message, errors: [{ reason }] } }, changes));

test.each([
  ['again', answered(429, 'rateLimitExceeded')],
  ['again', answered(403, 'userRateLimitExceeded')],
  ['again', answered(403, 'SERVICE_DISABLED')],
  ['again', answered(503, 'UNAVAILABLE')],
  ['again', answered(409, 'ABORTED')],
  ['again', answered(409, 'operationInProgress')],
  ['again', answered(400, 'FAILED_PRECONDITION', 'Cluster is running incompatible operation operation-1')],
  ['again', answered(400, 'INVALID_ARGUMENT', 'Service account x@y does not exist.')],
  ['again', answered(400, 'INVALID_ARGUMENT', 'Identity Pool does not exist (p.svc.id.goog).')],
  ['again', answered(500, 'INTERNAL', 'words', false)],
  ['unknown', answered(500, 'INTERNAL')],
  ['exists', answered(409, 'alreadyExists')],
  ['gone', answered(404, 'notFound')],
  ['in-use', answered(400, 'resourceInUseByAnotherResource')],
  ['in-use', answered(400, 'containerNotEmpty')],
  ['in-use', answered(400, 'x', 'Producer services (e.g. CloudSQL) are still using this connection.')],
  ['denied', answered(403, 'PERMISSION_DENIED')],
  ['credentials', failureOf(new CredentialsEnded('ended'))],
  ['limit', answered(403, 'quotaExceeded')],
  ['limit', answered(429, 'QUOTA_EXCEEDED')],
  ['limit', answered(400, 'ZONE_RESOURCE_POOL_EXHAUSTED')],
  ['refused', answered(400, 'INVALID_ARGUMENT')],
  ['unknown', failureOf(new NoAnswer('no', true))],
  ['again', failureOf(new NoAnswer('no', false))],
  ['refused', failureOf(new TypeError('a fault of ours'))],
] as const)('%s is what it means', (wanted, failure) => {
  expect(failure).toBe(wanted);
});

test('words are one line without tokens', () => {
  const words = wordsOf(
    new Error('invalid token ya29.a0Af_x-y.z\nof access_token=abc123&x eyJhbGciOiJSUzI1NiIsImtpZCI6.e30.sig'),
  );
  expect(words).not.toContain('\n');
  expect(words).not.toMatch(/a0Af|abc123|eyJ/);
});

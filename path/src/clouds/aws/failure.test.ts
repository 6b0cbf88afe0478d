import { expect, test } from 'vitest';
import type { Failure } from '../cloud.ts';
import { failure, words } from './failure.ts';

const said = (name: string, message = '', status = 400) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });

test.each<[Error, Failure]>([
  [said('ThrottlingException'), 'again'],
  [said('RequestLimitExceeded', '', 503), 'again'],
  [said('Whatever', '', 429), 'again'],
  [said('InternalFailure', '', 500), 'unknown'],
  [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'unknown'],
  [Object.assign(new Error('timed out'), { name: 'TimeoutError' }), 'unknown'],
  [said('EntityAlreadyExistsException', '', 409), 'exists'],
  [said('RepositoryAlreadyExistsException'), 'exists'],
  [said('InvalidGroup.Duplicate'), 'exists'],
  [said('DBInstanceAlreadyExistsFault'), 'exists'],
  [said('ResourceInUseException', 'Cluster already exists with name: shop-aws', 409), 'exists'],
  [said('ResourceInUseException', 'Cluster has nodegroups attached', 409), 'in-use'],
  [said('InvalidVpcID.NotFound'), 'gone'],
  [said('NoSuchEntityException', '', 404), 'gone'],
  [said('ResourceNotFoundException', '', 404), 'gone'],
  [said('DBInstanceNotFoundFault', '', 404), 'gone'],
  [said('NoSuchHostedZone', '', 404), 'gone'],
  [said('DependencyViolation'), 'in-use'],
  [said('DeleteConflictException', '', 409), 'in-use'],
  [said('HostedZoneNotEmpty'), 'in-use'],
  [said('InvalidDBInstanceStateFault'), 'in-use'],
  [said('InvalidParameterCombination', 'Cannot delete protected DB Instance, please disable'), 'in-use'],
  [said('UnauthorizedOperation', '', 403), 'denied'],
  [said('AccessDeniedException', '', 403), 'denied'],
  [said('ExpiredTokenException'), 'credentials'],
  [said('RequestExpired'), 'credentials'],
  [said('InvalidClientTokenId', '', 403), 'credentials'],
  [said('VpcLimitExceeded'), 'limit'],
  [said('InstanceQuotaExceededFault'), 'limit'],
  [said('ResourceLimitExceededException'), 'limit'],
  [said('InvalidParameterException', 'Role with arn: x, could not be assumed'), 'again'],
  [said('InvalidParameterException', 'unsupported Kubernetes version'), 'refused'],
  [said('InvalidRequestException', 'Cluster is in CREATING state'), 'in-use'],
  [said('InvalidParameterValue', 'Invalid DB Instance class: db.nonsense'), 'refused'],
  [new TypeError("Cannot read properties of undefined (reading 'x')"), 'refused'],
])('%s means %s', (error, meaning) => {
  expect(failure(error)).toBe(meaning);
});

test('an error of the SDK that has the word of the service as its Code is read by that', () => {
  expect(failure(Object.assign(said('Unknown', '', 400), { Code: 'DependencyViolation' }))).toBe('in-use');
});

test('what an error says has no key, signature or password in it, and is one line', () => {
  const key = `AKIA${'ABCDEFGHIJKLMNOP'}`;
  const text = words(
    said(
      'SignatureDoesNotMatch',
      `The request\n of ${key} https://sts/?X-Amz-Signature=abcdef&X-Amz-Credential=${key}%2F2026 Password=hunter2, Encoded authorization failure message: ${'x'.repeat(600)}`,
    ),
  );
  expect(text).toMatch(/^SignatureDoesNotMatch: The request of \[key\]/);
  for (const secret of [key, 'abcdef', 'hunter2', 'xxx', '\n']) expect(text).not.toContain(secret);
});

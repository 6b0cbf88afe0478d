import type { Failure } from '../cloud.ts';

/** Words of AWS's errors and what they mean; the services do not agree on their names. */
const meanings: readonly (readonly [RegExp, Failure])[] = [
  [
    /^(Throttling|ThrottlingException|ThrottledException|RequestThrottled|RequestLimitExceeded|TooManyRequestsException|PriorRequestNotComplete|BandwidthLimitExceeded|SlowDown|ServiceUnavailable|ServiceUnavailableException|LimitExceededException\.Rate)$/,
    'again',
  ],
  [
    /^(ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|InvalidAccessKeyId|RequestExpired|MissingAuthenticationToken|IncompleteSignature|CredentialsProviderError|TokenProviderError|InvalidToken)$/,
    'credentials',
  ],
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|NotAuthorized|OptInRequired|AuthorizationError|UnauthorizedException)$/,
    'denied',
  ],
  [
    /^(DependencyViolation|DeleteConflict|ResourceInUse|HostedZoneNotEmpty|InvalidDBInstanceState|InvalidDBInstanceStateFault|InvalidDBSubnetGroupStateFault|RepositoryNotEmptyException|ConcurrentModification|ConcurrentModificationException|InvalidParameterCombination\.InUse)$/,
    'in-use',
  ],
  [
    /(AlreadyExists|AlreadyExistsException|AlreadyExistsFault|\.Duplicate|^EntityAlreadyExists|^DuplicateRequest|^AlreadyAssociated|\.AlreadyAssociated)$/,
    'exists',
  ],
  [/(NotFound|NotFoundException|NotFoundFault|^NoSuchEntity(Exception)?|^NoSuchHostedZone)$/, 'gone'],
  [
    /(LimitExceeded|LimitExceededException|QuotaExceeded|QuotaExceededFault|QuotaExceededException|InsufficientInstanceCapacity|InsufficientDBInstanceCapacity|InsufficientDBInstanceCapacityFault|TooManyHostedZones|UnsupportedAvailabilityZoneException)$/,
    'limit',
  ],
];

/** IAM and EC2 are not told at once of what was made: the same call goes through a little later. */
const notSeenEverywhere =
  /could not be assumed|cannot be assumed|not authorized to assume|Invalid principal in policy|trust policy|is not yet (available|valid)|Role with arn: .* does not exist|PassedRole/i;
/** EKS refuses changes of a cluster that is being changed with the name that it also has for a name that is taken. */
const busy =
  /currently (has|being)|being (created|updated|deleted)|in progress|is in (CREATING|UPDATING|DELETING) state|has (nodegroups|fargate) attached|is not in ACTIVE/i;

/** What an error of a call to AWS means. Pure. */
export function failure(error: unknown): Failure {
  const { name, message, status } = read(error);
  if (/^Invalid(Parameter|ParameterValue|Request|Input)(Exception)?$|^MalformedPolicyDocument/.test(name)) {
    if (notSeenEverywhere.test(message)) return 'again';
    return busy.test(message) ? 'in-use' : 'refused';
  }
  // Protection that was just taken off a server is not off at once.
  if (name === 'InvalidParameterCombination' && /protected/i.test(message)) return 'in-use';
  if (/^ResourceInUseException$/.test(name)) return busy.test(message) ? 'in-use' : 'exists';
  // The SDK has a class for some of them, whose name says so at its end.
  const bare = name.replace(/(Exception|Fault)$/, '');
  for (const [names, meaning] of meanings) if (names.test(name) || names.test(bare)) return meaning;
  if (status === 429 || status === 503) return 'again';
  if (status === undefined || status >= 500) return isCall(error) ? 'unknown' : 'refused';
  return 'refused';
}

/** What an error says, in one line, without what is signed, keys, or the undecodable part of a refusal. Pure. */
export function words(error: unknown): string {
  const { name, message } = read(error);
  const said = message
    .replaceAll(/\bX-Amz-[\w-]+=[^&\s"']+/gi, '')
    .replaceAll(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '[key]')
    .replaceAll(/Encoded authorization failure message:\s*\S+/gi, '')
    .replaceAll(
      /(Authorization|Signature|Credential|SecretAccessKey|Password)\s*[=:]\s*[^\s,;&]+/gi,
      '$1=[…]',
    )
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 400);
  return said === '' ? name : /^(Error|Unknown|UnknownError)$/.test(name) ? said : `${name}: ${said}`;
}

interface Read {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** The SDK gives the service's own word as `name`, or as `Code` where it knows no such class. */
function read(error: unknown): Read {
  if (typeof error !== 'object' || error === null)
    return { name: 'Error', message: String(error), status: undefined };
  const name = 'Code' in error && typeof error.Code === 'string' ? error.Code : undefined;
  const own = 'name' in error && typeof error.name === 'string' ? error.name : 'Error';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name: name ?? own, message, status: typeof status === 'number' ? status : undefined };
}

/** Whether it came of a call at all: of the network, of time, or of an answer that could not be read. */
function isCall(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('$metadata' in error || '$fault' in error) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const name = 'name' in error && typeof error.name === 'string' ? error.name : '';
  return (
    /^(E[A-Z]+|UND_ERR_.*)$/.test(code) ||
    /^(TimeoutError|AbortError|RequestTimeout|NetworkingError|SyntaxError)$/.test(name) ||
    ('message' in error && typeof error.message === 'string' && /socket|network|ECONN/i.test(error.message))
  );
}

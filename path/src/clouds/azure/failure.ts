import { StepFailed, UserMistake } from '../../core/failure.ts';
import { oneLine } from '../../core/one-line.ts';
import type { Failure } from '../cloud.ts';
import { AzureError } from './api.ts';

// Codes as ARM and its services write them. The same status stands for several of them, so codes go first.
const codes: readonly (readonly [RegExp, Failure])[] = [
  // Not seen everywhere yet: a new identity, a service that is being switched on, a group that was just made.
  [/^(PrincipalNotFound|MissingSubscriptionRegistration|ReferencedResourceNotProvisioned)$/, 'again'],
  [/^(RetryableError|AnotherOperationInProgress|ResourceGroupBeingDeleted|OperationPreempted)$/, 'again'],
  [/^(ServerIsBusy|ServerBusy|TooManyRequests|SubscriptionRequestsThrottled|InternalServerError)$/, 'again'],
  [/InUse|CannotDelete|CannotBeDeleted|NestedResourcesExist/, 'in-use'],
  [/^RoleAssignmentExists$/, 'exists'],
  [/Quota|LimitReached|LimitExceeded|AllocationFailed|SkuNotAvailable|OutOfCapacity|Capacity/i, 'limit'],
  [/^(ExpiredAuthenticationToken|InvalidAuthenticationToken\w*|AuthenticationFailed)$/, 'credentials'],
  [/^(AuthorizationFailed|LinkedAuthorizationFailed|RequestDisallowedByPolicy|ScopeLocked)$/, 'denied'],
  // Somebody else's all over the world: looking again finds nothing.
  [/^(AlreadyInUse|ServerNameAlreadyExists|NameNotAvailable|SubscriptionNotFound)$/, 'refused'],
];

/** What an error of a call means. */
export function failureOf(error: unknown): Failure {
  // Our own words: they are said already.
  if (error instanceof UserMistake || error instanceof StepFailed) return 'refused';
  if (!(error instanceof AzureError)) return isAuthentication(error) ? 'credentials' : 'unknown';
  const { status, code, method } = error;
  // Names of globally named things are "in use" by others; deleting is what else may be in the way of.
  const known = codes.find(
    ([pattern, failure]) => pattern.test(code) && (failure !== 'in-use' || method === 'DELETE'),
  );
  if (known !== undefined) return known[1];
  if (status === 401) return 'credentials';
  if (status === 403) return 'denied';
  // What is to be made below it was made a moment ago: not every part of ARM knows of it yet.
  if (status === 404) return method === 'PUT' ? 'again' : 'gone';
  // A conflict with work that is still going on is what a 409 says where no code above says otherwise.
  if (status === 408 || status === 409 || status === 429 || status >= 500) return 'again';
  return 'refused';
}

/** What an error says, in one line. Tokens and signatures do not get into it. */
export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof AzureError && error.code !== '' ? `${error.code}: ` : '';
  return `${code}${oneLine(withoutSecrets(message))}`;
}

/** What identifies somebody: JSON Web Tokens, signatures of shared access, passwords and assertions in forms. */
function withoutSecrets(message: string): string {
  return message
    .replaceAll(/\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g, '[redacted]')
    .replaceAll(
      /\b(sig|client_secret|client_assertion|password|access_token|refresh_token)=[^&\s"']+/gi,
      '$1=[redacted]',
    )
    .replaceAll(/\bBearer\s+\S+/gi, 'Bearer [redacted]');
}

function isAuthentication(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return /^(CredentialUnavailableError|AuthenticationError|AggregateAuthenticationError|AuthenticationRequiredError)$/.test(
    name,
  );
}

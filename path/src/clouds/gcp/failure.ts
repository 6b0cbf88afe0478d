import { oneLine } from '../../core/one-line.ts';
import type { Failure } from '../cloud.ts';
import { CredentialsEnded, GoogleError, NoAnswer } from './error.ts';

const busy = [
  ...['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'operationInProgress'],
  // Enabling a service takes a while to be known everywhere.
  ...['SERVICE_DISABLED', 'accessNotConfigured', 'resourceNotReady', 'RESOURCE_NOT_READY'],
  // Somebody changed the same policy between our look and our change.
  ...['ABORTED', 'conditionNotMet', '10'],
];
const used = ['resourceInUseByAnotherResource', 'RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', 'containerNotEmpty'];
const limits = [
  ...['quotaExceeded', 'QUOTA_EXCEEDED', 'RESOURCE_EXHAUSTED', '8', 'limitExceeded'],
  ...['ZONE_RESOURCE_POOL_EXHAUSTED', 'ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'GCE_STOCKOUT'],
];
/** What services say of something that they do not know yet, because it was made a moment ago by another one. */
const notKnownYet =
  /service account .*does not exist|identity pool does not exist|incompatible operation|another operation|not ready/i;
/** A connection that something behind it still uses. */
const producerStillThere = /producer services .*still using this connection/i;

/** What an error of a call means for what is to be done next. Pure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CredentialsEnded) return 'credentials';
  if (error instanceof NoAnswer) return error.changes ? 'unknown' : 'again';
  if (!(error instanceof GoogleError)) return 'refused';
  const { status, changes, message } = error;
  if (error.is(...busy)) return 'again';
  if (error.is(...used) || producerStillThere.test(message)) return 'in-use';
  if (status === 429) return error.is('QUOTA_EXCEEDED', 'quotaExceeded') ? 'limit' : 'again';
  if (error.is(...limits)) return 'limit';
  if (status >= 500) return changes && status !== 503 ? 'unknown' : 'again';
  if (notKnownYet.test(message)) return 'again';
  switch (status) {
    case 401:
      return 'credentials';
    case 403:
      return 'denied';
    case 404:
      return 'gone';
    case 409:
      return 'exists';
    default:
      return 'refused';
  }
}

/** What an error says, in one line: services' words hold no credentials, but may quote a token that they refuse. Pure. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return oneLine(
    text.replaceAll(/\bya29\.[\w.-]+|\beyJ[\w.-]{20,}|access_token=[^&\s]+/g, '[redacted]'),
    400,
  );
}

import type { Failure } from './api.ts';

/** Why something failed, as a sentence for people. */
export function reason(failure: Failure): string {
  switch (failure.kind) {
    case 'unreachable':
      return 'The server could not be reached.';
    case 'timeout':
      return `The server did not answer within ${failure.seconds} seconds.`;
    case 'status':
      return failure.status >= 500
        ? `The server is in trouble (error ${failure.status}).`
        : `The server refused (error ${failure.status}).`;
    case 'missing':
      return 'The server has nothing there.';
    case 'malformed':
      return `The server’s answer does not say ${failure.what}.`;
    case 'aborted':
      return 'It was stopped.';
  }
}

/**
 * What a failure to make a data means for the data. A request without an answer may have been carried out, so the
 * page must not claim that it was not.
 */
export function makingFailed(failure: Failure): string {
  if (failure.kind === 'malformed') return `A data seems to be made, but cannot be shown. ${reason(failure)}`;
  const refused = failure.kind === 'missing' || (failure.kind === 'status' && failure.status < 500);
  return refused
    ? `No data was made. ${reason(failure)}`
    : `${reason(failure)} Whether a data was made is not certain: the total will tell.`;
}

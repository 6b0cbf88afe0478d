import { type Problem, StepFailed, UserMistake } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import type { Ask, Reply } from './ask.ts';
import { retryAfter, TemporaryFailure } from './retry.ts';

/** What a failure is about: the part of an ask that people are told. */
export type About = Pick<Ask<unknown>, 'purpose' | 'reference'>;

/** One error of a registry (OCI distribution spec 1.1, "Error Codes"). */
export interface RegistryError {
  readonly code: string;
  readonly message: string;
}

/** The registry's own errors in an answer's body; none where the body is something else. */
export function registryErrors(body: Buffer): readonly RegistryError[] {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value !== 'object' || value === null || !('errors' in value)) return [];
    const errors: readonly unknown[] = Array.isArray(value.errors) ? value.errors : [];
    return errors.flatMap((error) => {
      if (typeof error !== 'object' || error === null || !('code' in error)) return [];
      const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
      return [{ code: typeof error.code === 'string' ? error.code : '', message }];
    });
  } catch {
    return [];
  }
}

/** What statusFailure needs to know beside the answer. */
export interface FailureFacts {
  readonly host: string;
  /** Where credentials were looked for, and whether there were any. */
  readonly credentials: { readonly source: string; readonly found: boolean };
  readonly now: Date;
  /** A text without the secrets that were sent, should the registry repeat them. */
  readonly scrub: (text: string) => string;
}

/** The failure for an answer with a status that was not expected. */
export function statusFailure(about: About, reply: Reply, facts: FailureFacts): StepFailed | UserMistake {
  const [first] = registryErrors(reply.body);
  const words = first === undefined ? excerpt(reply.body) : `${first.code} ${first.message}`;
  // Scrubbed as it is read, not as it was sent: JSON has other ways to write a password.
  const said = oneLine(facts.scrub(words), 200);
  const what = `${facts.host} answered ${reply.status}${said === '' ? '' : ` (${said})`} when asked to ${about.purpose} (${about.reference})`;
  const { status } = reply;
  if (status === 401 || status === 403) return new UserMistake({ what, next: logIn(status, facts) });
  const wait = retryAfter(reply.headers['retry-after'], facts.now);
  if (status === 429 || first?.code === 'TOOMANYREQUESTS') {
    const later = wait === undefined ? 'later' : `in ${Math.ceil(wait / 1000)} s`;
    const anonymous = facts.credentials.found ? '' : '; registries often allow more to those who log in';
    return new TemporaryFailure({ what, next: `Try again ${later}${anonymous}.` }, { retryAfter: wait });
  }
  if (status === 408 || status >= 500) {
    const next = `Look at the log of the registry ${facts.host}, then try again.`;
    // A registry that says 501 or 505 will say it again.
    if (status === 501 || status === 505) return new StepFailed({ what, next });
    return new TemporaryFailure({ what, next }, { retryAfter: wait });
  }
  const next = nextStep(first?.code, status, facts.host);
  const problem: Problem = { what, next };
  const mistake = first?.code === 'NAME_UNKNOWN' || first?.code === 'NAME_INVALID';
  return mistake ? new UserMistake(problem) : new StepFailed(problem);
}

function logIn(status: number, facts: FailureFacts): string {
  const { found, source } = facts.credentials;
  if (!found) return `Log in to ${facts.host}: no credentials for it were found in ${source}.`;
  if (status === 401)
    return `Log in to ${facts.host} again: the credentials from ${source} were not accepted.`;
  return `Give the account from ${source} the right to do this, or log in to ${facts.host} with another one.`;
}

function nextStep(code: string | undefined, status: number, host: string): string {
  if (code === 'NAME_UNKNOWN') return `Create the repository in ${host} first, or check its name.`;
  if (code === 'NAME_INVALID') return 'Use lower-case letters, digits, dots, dashes and slashes in the name.';
  if (code === 'MANIFEST_UNKNOWN') return 'Check the tag or digest; it may have been removed.';
  if (code === 'DIGEST_INVALID')
    return 'The bytes changed on their way or on this disk; run the same command again.';
  if (code?.endsWith('BLOB_UNKNOWN'))
    return 'The registry has lost a part that it said it had; run the same again.';
  if (status === 404) return `Check that ${host} is an OCI registry and that the name is right.`;
  if (status === 413) return `Allow larger requests in the registry ${host} or the proxy before it.`;
  return `Look at the log of the registry ${host}, and whether that is its address.`;
}

/** The failure for an exchange that never got its answer, by the error of the wire or of the system below it. */
export function networkFailure(about: About, url: URL, error: unknown): StepFailed {
  const code = errorCode(error);
  const at = oneLine(url.origin, 120);
  const doing = `when asked to ${about.purpose} (${about.reference})`;
  if (
    /^(ERR_TLS_CERT|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|ERR_SSL_TLSV1_ALERT_UNKNOWN_CA|HOSTNAME_)/.test(
      code,
    )
  ) {
    return new StepFailed({
      what: `the certificate of ${at} is not trusted (${code}) ${doing}`,
      next: 'Let NODE_EXTRA_CA_CERTS name a PEM file with the authority that signed it, or mend the certificate.',
    });
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return new StepFailed({
      what: `${at} does not speak TLS as expected (${code}) ${doing}`,
      next: `If it is plain http, give its address as http://${oneLine(url.host, 120)}.`,
    });
  }
  if (code === 'ENOTFOUND') {
    return new StepFailed({
      what: `there is no host ${oneLine(url.hostname, 120)} ${doing}`,
      next: 'Check the name of the registry, and that this machine reaches its name server.',
    });
  }
  const why = reasons[code] ?? `the connection to ${at} broke (${code})`;
  return new TemporaryFailure(
    {
      what: `${why.replace('@', at)} ${doing}`,
      next: `Check that the registry runs and that ${at} can be reached.`,
    },
    { cause: error },
  );
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at @ (ECONNREFUSED)',
  CONNECT_TIMEOUT: '@ cannot be reached: no connection in time',
  ANSWER_TIMEOUT: '@ did not answer in time',
  BODY_TIMEOUT: '@ stopped in the middle of its answer',
};

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}

/** A body that is no list of errors, as one short line: an error page's tags and line ends are left out. */
export function excerpt(body: Buffer): string {
  const text = body
    .subarray(0, 4096)
    .toString('utf8')
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}

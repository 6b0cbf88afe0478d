import type { Problem } from './problem.ts';

/** Why an upstream gave no whole answer: a label of the metrics and a field of the log. */
export type ErrorKind =
  | 'refused'
  | 'unreachable'
  | 'no-address'
  | 'no-name-server'
  | 'no-port'
  | 'connect-timeout'
  | 'response-timeout'
  | 'idle-timeout'
  | 'whole-timeout'
  | 'closed'
  | 'malformed'
  | 'internal';

const KINDS: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENOTFOUND: 'no-address',
  EAI_AGAIN: 'no-name-server',
  EAI_FAIL: 'no-address',
  EADDRNOTAVAIL: 'no-port',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'response-timeout',
  UND_ERR_BODY_TIMEOUT: 'idle-timeout',
  UND_ERR_SOCKET: 'closed',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'malformed',
  // Node refuses to pass on a header field that cannot be written.
  ERR_INVALID_CHAR: 'malformed',
  ERR_HTTP_INVALID_HEADER_VALUE: 'malformed',
};

/** Names what went wrong from the code of an error of undici or of the system. */
export function kindOfError(error: unknown): ErrorKind {
  // Undici's parser errors do not all have a code.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'malformed';
  const code = codeOf(error);
  if (code === undefined) return 'internal';
  return KINDS[code] ?? (code.startsWith('HPE_') ? 'malformed' : 'internal');
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried in turn and all failed.
  return error instanceof AggregateError ? codeOf(error.errors[0]) : undefined;
}

const PROBLEMS: Readonly<Record<ErrorKind, Problem>> = {
  refused: { status: 502, detail: 'The service behind this path accepts no connections at the moment.' },
  unreachable: { status: 502, detail: 'The service behind this path cannot be reached at the moment.' },
  'no-address': unavailable('The service behind this path has no address at the moment.'),
  'no-name-server': unavailable(
    'The address of the service behind this path cannot be asked for at the moment.',
  ),
  'no-port': unavailable('The gateway has no free port for another connection.'),
  'connect-timeout': { status: 504, detail: 'The service behind this path could not be reached in time.' },
  'response-timeout': { status: 504, detail: 'The service behind this path did not answer in time.' },
  'idle-timeout': { status: 504, detail: 'The service behind this path stopped answering.' },
  'whole-timeout': { status: 504, detail: 'The request took too long.' },
  closed: {
    status: 502,
    detail:
      'The service behind this path closed the connection before it answered. It may have done its work.',
  },
  malformed: { status: 502, detail: 'The service behind this path gave an answer that is not HTTP.' },
  internal: { status: 500, detail: 'The gateway failed.' },
};

/** What the client is told about it. */
export function problemOfKind(kind: ErrorKind): Problem {
  return PROBLEMS[kind];
}

function unavailable(detail: string): Problem {
  return { status: 503, detail, headers: ['retry-after', '5'] };
}

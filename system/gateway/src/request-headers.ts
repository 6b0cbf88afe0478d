import { randomUUID } from 'node:crypto';
import type { Peer } from './peer.ts';
import { continueTrace } from './trace.ts';

/** What a request's header fields say about it, and what is sent on. */
export interface RequestHeaders {
  /** The fields for the upstream, as name, value, name, value. */
  readonly forward: string[];
  /** Scheme and host the client used, as far as the peer may be believed. */
  readonly publicOrigin: string;
  readonly requestId: string;
  readonly traceId: string;
  /** From Content-Length; -1 for a chunked body, 0 for none. */
  readonly bodyLength: number;
  /** An upgrade the client asks for, in lower case. */
  readonly upgrade: string | undefined;
  /** Why the request must not be sent on, with the status that says so. */
  readonly refusal: { readonly status: number; readonly detail: string } | undefined;
}

/** This gateway's name in `Via` (RFC 9110 section 7.6.3), by which it knows its own requests. */
const PSEUDONYM = 'hello-gateway';
const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const REQUEST_ID = /^[A-Za-z0-9._:+/=-]{1,128}$/;
const FORWARDED_FOR = /^[0-9A-Fa-f:.[\], ]{1,512}$/;

/**
 * Reads a request's header fields once and writes those for the upstream.
 *
 * Hop-by-hop fields and those named by `Connection` go (RFC 9110 section 7.6.1). `X-Forwarded-*`, `Forwarded`
 * and `X-Real-IP` are written anew; what a peer says in them counts only when the peer is trusted.
 *
 * @param raw name, value, name, value, as received
 * @param peer who sent them
 */
export function readRequestHeaders(raw: readonly string[], peer: Peer): RequestHeaders {
  let forward: string[] = [];
  let host: string | undefined;
  let hosts = 0;
  let options: string | undefined;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let upgrade: string | undefined;
  let via: string | undefined;
  let forwardedFor: string | undefined;
  let forwardedProto: string | undefined;
  let forwardedHost: string | undefined;
  let traceparent: string | undefined;
  let traceparents = 0;
  let tracestate: string | undefined;
  let requestId: string | undefined;
  let refusal: RequestHeaders['refusal'];

  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const lower = name.toLowerCase();
    switch (lower) {
      case 'host':
        hosts++;
        host = value;
        break;
      case 'connection':
        options = joined(options, value);
        break;
      case 'content-length':
        contentLength = value;
        break;
      case 'transfer-encoding':
        transferEncoding = joined(transferEncoding, value);
        break;
      case 'upgrade':
        upgrade = joined(upgrade, value.toLowerCase());
        break;
      case 'keep-alive':
      case 'proxy-connection':
      case 'proxy-authenticate':
      case 'proxy-authorization':
      case 'te':
      case 'trailer':
      case 'expect':
      case 'http2-settings':
      case 'forwarded':
      case 'x-real-ip':
        break;
      case 'via':
        via = joined(via, value);
        break;
      case 'x-forwarded-for':
        forwardedFor = joined(forwardedFor, value);
        break;
      case 'x-forwarded-proto':
        forwardedProto ??= value;
        break;
      case 'x-forwarded-host':
        forwardedHost ??= value;
        break;
      case 'traceparent':
        traceparents++;
        traceparent = value;
        break;
      case 'tracestate':
        tracestate = joined(tracestate, value);
        break;
      case 'x-request-id':
        requestId ??= value;
        break;
      default:
        if (!lower.startsWith('x-forwarded-')) forward.push(name, value);
    }
  }

  if (options !== undefined) forward = withoutNamed(forward, options);
  if (hosts !== 1 || host === undefined || !HOST.test(host)) {
    refusal = { status: 400, detail: 'The request must have one Host field with a valid name.' };
    host = 'invalid';
  } else if (transferEncoding !== undefined && contentLength !== undefined) {
    // The parser refuses this as well; two readers that disagree here are how requests are smuggled.
    refusal = { status: 400, detail: 'The request has both Content-Length and Transfer-Encoding.' };
  } else if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== 'chunked') {
    refusal = { status: 501, detail: 'Only the transfer coding "chunked" is supported.' };
  } else if (via !== undefined && viaNames(via)) {
    refusal = { status: 508, detail: 'The request has passed through this gateway before.' };
  }

  const believed = peer.trusted;
  const scheme =
    believed && (forwardedProto === 'https' || forwardedProto === 'http') ? forwardedProto : 'http';
  const publicHost =
    believed && forwardedHost !== undefined && HOST.test(forwardedHost) ? forwardedHost : host;
  const client =
    believed && forwardedFor !== undefined && FORWARDED_FOR.test(forwardedFor)
      ? `${forwardedFor}, ${peer.address}`
      : peer.address;
  const trace = continueTrace(traceparents === 1 ? traceparent : undefined);
  const id = requestId !== undefined && REQUEST_ID.test(requestId) ? requestId : randomUUID();
  const bodyLength =
    transferEncoding !== undefined ? -1 : contentLength === undefined ? 0 : Number(contentLength);

  forward.push(
    'host',
    host,
    'x-forwarded-for',
    client,
    'x-forwarded-proto',
    scheme,
    'x-forwarded-host',
    publicHost,
    'via',
    via === undefined ? `1.1 ${PSEUDONYM}` : `${via}, 1.1 ${PSEUDONYM}`,
    'traceparent',
    trace.traceparent,
    'x-request-id',
    id,
  );
  if (trace.continued && tracestate !== undefined) forward.push('tracestate', tracestate);
  if (bodyLength > 0) forward.push('content-length', String(bodyLength));

  return {
    forward,
    publicOrigin: `${scheme}://${publicHost}`,
    requestId: id,
    traceId: trace.traceId,
    bodyLength,
    upgrade,
    refusal,
  };
}

/** Leaves out the fields that a `Connection` value names. */
export function withoutNamed(fields: string[], options: string): string[] {
  const plain = options.toLowerCase();
  if (plain === 'keep-alive' || plain === 'close') return fields;
  const named = new Set(plain.split(',').map((option) => option.trim()));
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? '';
    if (!named.has(name.toLowerCase())) kept.push(name, fields[i + 1] ?? '');
  }
  return kept;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}

function viaNames(via: string): boolean {
  return via.split(',').some(
    (hop) =>
      hop
        .trim()
        .split(/[ \t]+/)[1]
        ?.toLowerCase() === PSEUDONYM,
  );
}

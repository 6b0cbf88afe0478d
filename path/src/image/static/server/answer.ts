import { type ByteRange, matchNames, noneMatchNames, readRange } from './conditions.ts';
import { chooseForm } from './negotiate.ts';
import { readPath } from './path.ts';
import type { Form, Site, SiteFile } from './site.ts';

/** What of a request matters to the answer; header names in small letters, as Node gives them. */
export interface Ask {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What to send. `body` is absent when there is none; for HEAD, Content-Length tells what GET would send. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
}

/** Bytes at hand, or a part of a file on disk. */
export type Body = { readonly bytes: Uint8Array<ArrayBuffer> } | ({ readonly path: string } & ByteRange);

/** Sent with every answer. The page may load from its own origin only and be framed by nobody. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), usb=()',
};

/**
 * Decides the answer to one request; touches nothing.
 * @param fallback the path that answers navigation to unknown paths, if there is one
 */
export function answer(site: Site, ask: Ask, fallback?: string): Answer {
  const found = find(site, ask, fallback);
  const head = ask.method === 'HEAD';
  const reply = 'status' in found ? found : fileAnswer(found, ask, head);
  const secure = one(ask, 'x-forwarded-proto')?.split(',')[0]?.trim().toLowerCase() === 'https';
  const headers = {
    ...securityHeaders,
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    ...reply.headers,
  };
  return head || reply.body === undefined ? { status: reply.status, headers } : { ...reply, headers };
}

function find(site: Site, ask: Ask, fallback: string | undefined): SiteFile | Answer {
  if (ask.method !== 'GET' && ask.method !== 'HEAD') {
    return small(405, 'Method not allowed', { allow: 'GET, HEAD' });
  }
  const path = readPath(ask.target);
  if (path === undefined) return small(400, 'Bad request');
  const file = site.get(path);
  if (file !== undefined) return file;
  const page = fallback !== undefined && isNavigation(path, ask) ? site.get(fallback) : undefined;
  return page ?? small(404, 'Not found');
}

/** A person's way to a page, not a page's way to a missing script: it wants HTML and its name has no ending. */
function isNavigation(path: string, ask: Ask): boolean {
  return !/\.[^/]*$/.test(path) && (one(ask, 'accept') ?? '').includes('text/html');
}

/** The order of the conditions is that of RFC 9110, section 13.2.2. */
function fileAnswer(file: SiteFile, ask: Ask, head: boolean): Answer {
  const vary: Record<string, string> = file.coded.length === 0 ? {} : { vary: 'Accept-Encoding' };
  const chosen = chooseForm(file, one(ask, 'accept-encoding'));
  if (chosen === undefined) return small(406, 'Not acceptable', vary);

  const range = head ? undefined : wantedRange(file.plain, ask);
  const form = range === undefined ? chosen : file.plain;
  const common = {
    etag: form.etag,
    'cache-control': file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...vary,
  };
  const ifMatch = one(ask, 'if-match');
  if (ifMatch !== undefined && !allForms(file).some(({ etag }) => matchNames(ifMatch, etag))) {
    return small(412, 'Precondition failed', vary);
  }
  const ifNoneMatch = one(ask, 'if-none-match');
  if (ifNoneMatch !== undefined && noneMatchNames(ifNoneMatch, form.etag))
    return { status: 304, headers: common };
  if (range === 'unsatisfiable') {
    return small(416, 'Range not satisfiable', { ...vary, 'content-range': `bytes */${form.size}` });
  }

  const headers = {
    ...common,
    'content-type': file.type,
    'accept-ranges': 'bytes',
    ...(form.coding === undefined ? {} : { 'content-encoding': form.coding }),
  };
  if (range === undefined) {
    return {
      status: 200,
      headers: { ...headers, 'content-length': String(form.size) },
      body: part(form, { start: 0, end: form.size - 1 }),
    };
  }
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(range.end - range.start + 1),
      'content-range': `bytes ${range.start}-${range.end}/${form.size}`,
    },
    body: part(form, range),
  };
}

/** Ranges are of the file as it is. An If-Range that names another version asks for the whole (section 13.1.5). */
function wantedRange(plain: Form, ask: Ask): ReturnType<typeof readRange> {
  const header = one(ask, 'range');
  if (header === undefined) return undefined;
  const ifRange = one(ask, 'if-range');
  if (ifRange !== undefined && ifRange.trim() !== plain.etag) return undefined;
  return readRange(header, plain.size);
}

function part(form: Form, range: ByteRange): Body {
  if ('path' in form.content) return { path: form.content.path, ...range };
  return { bytes: form.content.bytes.subarray(range.start, range.end + 1) };
}

function allForms(file: SiteFile): readonly Form[] {
  return [file.plain, ...file.coded];
}

/** A plain page of one line that tells nothing of the request or the server. */
function small(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const page =
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">' +
    `<title>${text}</title></head><body><h1>${text}</h1></body></html>\n`;
  const bytes = new TextEncoder().encode(page);
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      ...headers,
    },
    body: { bytes },
  };
}

function one(ask: Ask, name: string): string | undefined {
  const value = ask.headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

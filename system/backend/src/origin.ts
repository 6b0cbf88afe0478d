import type { IncomingHttpHeaders } from 'node:http';

const name =
  /^(?=.{1,253}(:|$))[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
const bracketed = /^\[[0-9a-f:.]{2,45}\]$/i;

/**
 * The origin that the client sees (`https://hello.example.com`): what the gateway says it was asked for
 * (`X-Forwarded-Host`, `X-Forwarded-Proto`), else `Host`.
 *
 * @returns undefined when a header says nonsense. There is no falling back from a forwarded host to `Host`:
 * behind a gateway that one is an internal name.
 */
export function publicOrigin(headers: IncomingHttpHeaders): string | undefined {
  const forwarded = first(headers['x-forwarded-host']);
  const authority = forwarded ?? headers.host;
  const scheme = (first(headers['x-forwarded-proto']) ?? 'http').toLowerCase();
  if (authority === undefined || (scheme !== 'http' && scheme !== 'https')) return undefined;
  const parts = /^(.*?)(?::(\d{1,5}))?$/.exec(authority);
  const host = parts?.[1] ?? '';
  if (!name.test(host) && !bracketed.test(host)) return undefined;
  // The URL parser knows the rest: ranges of ports and of addresses, and default ports.
  return URL.parse(`${scheme}://${authority}`)?.origin;
}

/** Each proxy adds its value at the end of the list, so the first is the one that the client used. */
function first(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text?.split(',')[0]?.trim();
}

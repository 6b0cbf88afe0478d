import { withoutNamed } from './request-headers.ts';

/**
 * Writes the header fields for the client from those of the upstream.
 *
 * Hop-by-hop fields go, and what only tells about the software behind (`Server`, `X-Powered-By`). Values keep
 * their bytes: they are read and written as latin1.
 *
 * @param raw name, value, name, value, as undici's HTTP/1.1 parser has them
 * @param location rewrites the value of `Location` and `Content-Location`
 */
export function readResponseHeaders(raw: readonly Buffer[], location: (value: string) => string): string[] {
  const fields: string[] = [];
  let options: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toString('latin1') ?? '';
    const value = raw[i + 1]?.toString('latin1') ?? '';
    switch (name.toLowerCase()) {
      case 'connection':
        options = options === undefined ? value : `${options}, ${value}`;
        break;
      case 'keep-alive':
      case 'proxy-connection':
      case 'proxy-authenticate':
      case 'transfer-encoding':
      case 'trailer':
      case 'upgrade':
      case 'server':
      case 'x-powered-by':
      case 'x-request-id':
        break;
      case 'location':
      case 'content-location':
        fields.push(name, location(value));
        break;
      default:
        fields.push(name, value);
    }
  }
  return options === undefined ? fields : withoutNamed(fields, options);
}

import { isIP } from 'node:net';
import { StepFailed, UserMistake } from '../core/failure.ts';

/**
 * The URL of a registry from what configuration says. With a scheme it is taken as it is; without one it is https,
 * and plain http only for this machine itself. Throws UserMistake where it is no such URL.
 */
export function registryEndpoint(text: string): URL {
  const full = text.includes('://') ? text : `${isLoopback(hostOf(text)) ? 'http' : 'https'}://${text}`;
  const url = URL.parse(full);
  const usable =
    url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.pathname === '/';
  if (!usable) {
    throw new UserMistake({
      what: `${withoutUserinfo(text)} is not the address of a registry`,
      next: 'Name the registry by its host, such as registry.example.com or http://127.0.0.1:5000, without a path.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserMistake({
      what: `the address of the registry ${url.host} holds a user name or password`,
      next: 'Remove them from the address; credentials belong into the Docker configuration file.',
    });
  }
  return url;
}

/**
 * Where a `Location` header leads, seen from the URL that answered with it. A registry behind a TLS proxy that does
 * not know of it answers with its own name and http: that is mended. Any other way from https to http is refused.
 */
export function followLocation(from: URL, location: string): URL {
  const url = URL.parse(location, from);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new StepFailed({ what: `the registry ${from.host} sent an address that is not one` });
  }
  url.username = '';
  url.password = '';
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    if (url.hostname !== from.hostname || (url.port !== '' && url.port !== from.port)) {
      throw new StepFailed({
        what: `the registry ${from.host} sends on to ${url.origin}, which is not encrypted`,
        next: 'Let the registry answer with https addresses.',
      });
    }
    url.port = from.port;
    url.protocol = 'https:';
  }
  return url;
}

/**
 * Whether credentials for a registry may go to the token service it names: over https only, except where the registry
 * itself is on this machine, or is spoken to in plain http and is that same host. A registry elsewhere may not point
 * at this machine's own services.
 */
export function realmAllowed(registry: URL, realm: URL): boolean {
  if (isLoopback(realm.hostname)) return isLoopback(registry.hostname);
  if (realm.protocol === 'https:') return true;
  return realm.protocol === 'http:' && registry.protocol === 'http:' && realm.hostname === registry.hostname;
}

/** Whether a host name or address is this machine (RFC 6761, section 6.3; RFC 5735). */
export function isLoopback(host: string): boolean {
  const bare = unbracketed(host);
  if (isIP(bare) === 4) return bare.startsWith('127.');
  return bare === '::1' || bare === 'localhost' || bare.endsWith('.localhost');
}

/** Whether a host is this machine or an address of a private network (RFC 1918, RFC 4193): no proxy leads there. */
export function isPrivate(host: string): boolean {
  const bare = unbracketed(host);
  if (isLoopback(bare)) return true;
  if (isIP(bare) === 6) return /^f[cd]/i.test(bare) || /^fe[89ab]/i.test(bare);
  return isIP(bare) === 4 && /^(10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./.test(bare);
}

function hostOf(text: string): string {
  return URL.parse(`http://${text}`)?.hostname ?? '';
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}

function withoutUserinfo(text: string): string {
  return text.replace(/[^/@]*@/, '');
}

import { isIP } from 'node:net';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';

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
 * not know of it answers with its own name and http: that is mended. Any other way from https to http is refused,
 * and so is a way from elsewhere to this machine's own services. `reference` is for messages.
 */
export function followLocation(from: URL, location: string, reference: string): URL {
  const url = URL.parse(location, from);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new StepFailed({
      what: `the registry ${from.host} sends on to an address that is none (${reference})`,
      next: 'Look at the settings of the registry and of what stands before it.',
    });
  }
  url.username = '';
  url.password = '';
  if (isLoopback(url.hostname) && !isLoopback(from.hostname)) {
    throw new StepFailed({
      what: `the registry ${from.host} sends on to this machine itself, ${url.host} (${reference})`,
      next: 'Let the registry answer with addresses of its own.',
    });
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    if (url.hostname !== from.hostname || (url.port !== '' && url.port !== from.port)) {
      throw new StepFailed({
        what: `the registry ${from.host} sends on to ${oneLine(url.origin, 120)}, which is not encrypted (${reference})`,
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

/** Whether a host name or address is this machine (RFC 6761, section 6.3; RFC 5735), in whatever way it is written. */
export function isLoopback(host: string): boolean {
  const bare = unbracketed(host);
  // Linux takes the address of no machine for this one.
  if (isIP(bare) === 4) return bare.startsWith('127.') || bare === '0.0.0.0';
  if (/^::ffff:(7f[0-9a-f]{2}:|0?:0$|127\.|0\.0\.0\.0$)/.test(bare)) return true;
  return bare === '::1' || bare === '::' || bare === 'localhost' || bare.endsWith('.localhost');
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
  return host.replace(/^\[|[\].]$/g, '').toLowerCase();
}

function withoutUserinfo(text: string): string {
  return oneLine(text.replace(/[^/@]*@/, ''), 120);
}

const HAS_ORIGIN = /^(?:[a-z][a-z0-9+.-]*:|[\\/]{2})/i;

/**
 * Makes sure that a `Location` names no internal host.
 *
 * An address at an upstream keeps its path, as clients put the public prefix in front of it themselves, and
 * gets the public origin. One that already names the public host gets the public scheme, which an upstream
 * behind plain HTTP cannot know. Everything else, relative references too, stays as it is.
 *
 * @param location the header's value
 * @param publicOrigin such as `https://hello.example.com`
 * @param isInternal tells whether a URL's host and host name belong to an upstream
 */
export function publicLocation(
  location: string,
  publicOrigin: string,
  isInternal: (host: string, hostname: string) => boolean,
): string {
  if (!HAS_ORIGIN.test(location) || !URL.canParse(location, publicOrigin)) return location;
  const url = new URL(location, publicOrigin);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return location;
  const own = isInternal(url.host, url.hostname);
  if (
    !own &&
    (url.protocol === 'https:' || url.host !== publicOrigin.slice(publicOrigin.indexOf('//') + 2))
  ) {
    return location;
  }
  return `${publicOrigin}${url.pathname}${url.search}${url.hash}`;
}

/**
 * Knows the upstreams' hosts, under their own names and as a Kubernetes Service's longer names
 * (`backend.space.svc`, `backend.space.svc.cluster.local`).
 * @param origins the upstreams' origins
 */
export function internalHosts(origins: readonly string[]): (host: string, hostname: string) => boolean {
  const urls = origins.map((origin) => new URL(origin));
  const hosts = new Set(urls.map((url) => url.host));
  // A bare name such as `backend` is internal under any port; an address or localhost may serve other things.
  const names = new Set(
    urls.map((url) => url.hostname).filter((name) => /^[a-z]/.test(name) && name !== 'localhost'),
  );
  return (host, hostname) => {
    if (hosts.has(host) || names.has(hostname)) return true;
    const dot = hostname.indexOf('.');
    return dot !== -1 && names.has(hostname.slice(0, dot)) && /\.svc(?:\.|$)/.test(hostname);
  };
}

/** A host that an environment variable names. */
export interface HostInUse {
  readonly host: string;
  /** Absent: the scheme's own. */
  readonly port?: number;
}

// A scheme has a bound, else every letter of a long word begins a search to its end.
const url = /[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^\s/?#@]*@)?([^\s/?#@:,;"']+)(?::(\d{1,5}))?/gi;
const hostAndPort = /^([a-z0-9][-a-z0-9.]*):(\d{1,5})$/i;

/** The hosts that a variable's value names: in URLs anywhere in it, or as `host:port` when that is all of it. */
export function hostsIn(value: string): readonly HostInUse[] {
  const bare = hostAndPort.exec(value.trim());
  const matches = bare === null ? [...value.matchAll(url)] : [bare];
  return matches.map(([, host = '', port]) => ({
    host: host.toLowerCase(),
    ...(port === undefined ? {} : { port: Number(port) }),
  }));
}

/**
 * The part of the system that a host name means, as the cluster's DNS would take it: `backend`, `backend.hello`,
 * `backend.hello.svc.cluster.local`; undefined where it is some other host.
 */
export function partOf(host: string, namespace: string, names: readonly string[]): string | undefined {
  const [first = '', second, third] = host.replace(/\.$/, '').split('.');
  if (!names.includes(first)) return undefined;
  if (second === undefined) return first;
  return second === namespace && (third === undefined || third === 'svc') ? first : undefined;
}

/** What apt is told about HTTP on this machine. */
export interface HttpOptions {
  /** The proxy's address; `DIRECT` for none, whatever the environment says; undefined where apt says nothing. */
  readonly proxy?: string;
  /** The same for one host. */
  readonly hostProxies: ReadonlyMap<string, string>;
  /** Paths of certificate authorities' files to trust besides the system's. */
  readonly authorities: readonly string[];
  readonly checkValidUntil: boolean;
}

/** Reads `apt-config dump` (apt.conf(5), apt-transport-http(1)) for the given scheme. */
export function parseAptOptions(dump: string, scheme: 'http' | 'https'): HttpOptions {
  const options = new Map<string, string>();
  for (const line of dump.split('\n')) {
    const found = /^(?<key>[^\s"]+) "(?<value>.*)";$/u.exec(line)?.groups;
    if (found?.value) options.set((found.key ?? '').toLowerCase(), found.value);
  }
  const hostProxies = new Map<string, string>();
  for (const of of new Set(['http', scheme])) {
    const prefix = `acquire::${of}::proxy::`;
    for (const [key, value] of options)
      if (key.startsWith(prefix)) hostProxies.set(key.slice(prefix.length), value);
  }
  // apt uses the proxy of http for https as well where https has none of its own
  const proxy = options.get(`acquire::${scheme}::proxy`) ?? options.get('acquire::http::proxy');
  const authority = options.get('acquire::https::cainfo');
  return {
    ...(proxy === undefined ? {} : { proxy }),
    hostProxies,
    authorities: authority === undefined ? [] : [authority],
    checkValidUntil: !/^(?:no|false|0|off)$/iu.test(options.get('acquire::check-valid-until') ?? 'yes'),
  };
}

/** A registry's host and the folders below it that a text names. */
export interface RegistryPlace {
  /** With its scheme where one was written: `registry.example.com`, `http://10.0.0.5:5000`. */
  readonly url: string;
  /** The host, as references begin with it. */
  readonly name: string;
  /** The first words of repositories; empty where none were written. */
  readonly prefix: string;
}

/**
 * Reads `registry.example.com/team`, or `http://host:port/team` for a registry without TLS. Undefined where it is no
 * such text. Pure.
 */
export function readRegistryPlace(written: string): RegistryPlace | undefined {
  const [, scheme = '', rest = ''] = /^(https?:\/\/)?(.*)$/.exec(written) ?? [];
  const [host = '', ...folders] = rest.split('/').filter((word) => word !== '');
  // A name without a dot or a port would be taken for a part of the path.
  if (!/[.:]|^localhost$/.test(host) || !/^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d+)?$/i.test(host))
    return undefined;
  // Without a scheme the registry step decides: https, and http for this machine itself.
  return { url: `${scheme}${host}`, name: host, prefix: folders.join('/') };
}

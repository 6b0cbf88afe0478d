import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** The address of a host, as this machine finds it; undefined where none is known. */
export async function addressOf(host: string): Promise<string | undefined> {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return bare;
  return lookup(bare).then(
    ({ address }) => address,
    () => undefined,
  );
}

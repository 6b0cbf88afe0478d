import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/**
 * The path of a resolver file that works from within the machine's network. A name server on the host's loopback
 * (systemd-resolved's stub) cannot be reached from there, so systemd's own list is taken instead; where there is none,
 * a file without name servers: the cluster's own names still resolve.
 */
export async function usableResolver(layout: Layout): Promise<string> {
  for (const path of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (outsideNameServers(text).length > 0) return path;
  }
  const own = join(layout.etc, 'resolv.conf');
  // CoreDNS wants at least one to forward to; an address kept for documentation answers nothing (RFC 5737).
  await writeFile(own, 'nameserver 192.0.2.1\n', { mode: 0o644 });
  return own;
}

/** The name servers of a resolver file (resolv.conf(5)) that are not on loopback. */
export function outsideNameServers(text: string): readonly string[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter((address) => !address.startsWith('127.') && address !== '::1');
}

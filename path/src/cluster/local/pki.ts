import type { Layout } from './layout.ts';
import { goodAuthority, isCertificateGood, isServiceAccountKeyGood } from './pki-check.ts';
import { authorities, type Wanted, wanted } from './pki-plan.ts';
import type { ClusterNode, Network } from './plan.ts';

/**
 * Makes what is missing, ends within 30 days or begins only in the future: three authorities, the certificates, the
 * service accounts' key pair and the kubeconfigs; all mode 0600. Returns whether anything was made, so that what read
 * the old ones can be started again.
 */
export async function ensurePki(
  layout: Layout,
  network: Network,
  nodes: readonly ClusterNode[],
  now: Date,
): Promise<boolean> {
  if (await isGood(layout, wanted(network, nodes), now)) return false;
  // What makes certificates takes a while to load.
  const { makePki } = await import('./make-pki.ts');
  return makePki(layout, network, nodes, now);
}

async function isGood(layout: Layout, certificates: readonly Wanted[], now: Date): Promise<boolean> {
  const found = await Promise.all(authorities.map((name) => goodAuthority(layout, name, now)));
  const byName = new Map(authorities.map((name, index) => [name, found[index]]));
  const good = await Promise.all([
    ...certificates.map((want) => isCertificateGood(layout, want, byName.get(want.authority), now)),
    isServiceAccountKeyGood(layout),
  ]);
  return good.every(Boolean);
}

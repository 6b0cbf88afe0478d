import { z } from 'zod';
import type { Placed } from '../inventory/facts.ts';
import { distributionOf, foundUrl } from './contents.ts';

const cyclonedx = z.object({ components: z.array(z.object({ purl: z.string().optional() })).optional() });
const spdx = z.object({
  packages: z.array(
    z.object({
      externalRefs: z.array(z.object({ referenceType: z.string(), referenceLocator: z.string() })).optional(),
    }),
  ),
});

/** The package URLs that a list of parts names; none where it is no such list. Pure. */
export function listedPackages(kind: 'cyclonedx' | 'spdx', document: unknown): ReadonlySet<string> {
  if (kind === 'cyclonedx') {
    const { components = [] } = cyclonedx.safeParse(document).data ?? {};
    return new Set(components.flatMap(({ purl }) => purl ?? []));
  }
  const { packages = [] } = spdx.safeParse(document).data ?? {};
  const references = packages.flatMap(({ externalRefs = [] }) => externalRefs);
  return new Set(
    references.filter(({ referenceType }) => referenceType === 'purl').map((one) => one.referenceLocator),
  );
}

/**
 * The packages that lie in an image and that a list of its parts lacks, as package URLs. What release of Debian a
 * package is of is not compared where the image does not tell. Pure.
 */
export function packagesNotIn(
  kind: 'cyclonedx' | 'spdx',
  document: unknown,
  inventory: readonly Placed[],
): readonly string[] {
  const bare = (purl: string) => purl.replace(/([?&])distro=[^&]*/u, '$1');
  const listed = new Set([...listedPackages(kind, document)].map(bare));
  const distribution = distributionOf(inventory, []);
  return inventory
    .flatMap((one) => (one.type === 'os' ? [] : foundUrl(one, distribution)))
    .filter((purl) => !listed.has(bare(purl)));
}

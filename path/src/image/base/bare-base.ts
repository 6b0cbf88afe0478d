import { nonroot } from '../accounts.ts';
import type { Workshop } from '../builder.ts';
import { debianMaterials } from '../materials.ts';
import { namedDebianLayers } from '../packages.ts';
import type { Base } from './base.ts';
import { ownBase } from './own-base.ts';

/**
 * What a program without a C library may look for: the authorities that TLS clients trust, time zones, names of ports
 * and protocols, types of files; and what scanners read to know the distribution.
 */
const packages = ['base-files', 'ca-certificates', 'media-types', 'netbase', 'tzdata'] as const;

/** The base for programs that need nothing but the kernel: files of Debian packages, an account, /tmp. No program. */
export async function bareBase(workshop: Pick<Workshop, 'debian'>): Promise<Base> {
  const debian = await workshop.debian({ packages, closed: true, user: nonroot });
  const parts = Object.fromEntries(debian.packages.map(({ name, version }) => [name, version]));
  return ownBase(namedDebianLayers(debian.layers, true), parts, debianMaterials(debian));
}

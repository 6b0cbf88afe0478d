import { nonroot } from '../accounts.ts';
import type { Workshop } from '../builder.ts';
import { debianMaterials, integrityDigests } from '../materials.ts';
import { namedDebianLayers } from '../packages.ts';
import type { NodeBase } from './base.ts';
import { nodeRuntime, nodeRuntimeLayer } from './node-runtime.ts';
import { ownBase } from './own-base.ts';

/**
 * What the Node.js program links to, the authorities that TLS clients trust, and what scanners read to know the
 * distribution. No shell, no package manager.
 */
const packages = [
  'base-files',
  'ca-certificates',
  'libatomic1',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
  'tzdata',
] as const;

/** The base for applications on Node.js: Debian packages, an account that is not root, Node.js. */
export async function debianBase(
  workshop: Pick<Workshop, 'context' | 'layers' | 'debian'>,
): Promise<NodeBase> {
  const [debian, node] = await Promise.all([
    workshop.debian({ packages, user: nonroot }),
    nodeRuntimeLayer(workshop.context, workshop.layers),
  ]);
  const versions = debian.packages.map(({ name, version }) => [name, version]);
  const parts = { ...Object.fromEntries(versions), node: nodeRuntime.version };
  const { version, integrity } = nodeRuntime;
  const runtime = {
    type: 'node',
    name: 'node',
    version,
    digests: integrityDigests(integrity),
    use: 'contained',
  } as const;
  const layers = [...namedDebianLayers(debian.layers, true), node];
  return { ...ownBase(layers, parts, [...debianMaterials(debian), runtime]), node: '/usr/bin/node' };
}

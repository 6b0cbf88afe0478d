import { nonroot } from '../accounts.ts';
import type { Workshop } from '../builder.ts';
import { namedDebianLayers } from '../packages.ts';
import type { Base } from './base.ts';
import { nodeRuntime, nodeRuntimeLayer } from './node-runtime.ts';

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
export async function debianBase(workshop: Pick<Workshop, 'context' | 'layers' | 'debian'>): Promise<Base> {
  const [debian, node] = await Promise.all([
    workshop.debian({ packages, user: nonroot }),
    nodeRuntimeLayer(workshop.context, workshop.layers),
  ]);
  const all = [...namedDebianLayers(debian.layers, true), node];
  const created = new Date(0).toISOString();
  return {
    layers: all.map(({ blob }) => blob),
    configuration: {
      created,
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], User: `${nonroot.uid}:${nonroot.gid}` },
      rootfs: { type: 'layers', diff_ids: all.map(({ diffId }) => diffId) },
      history: all.map(({ what }) => ({ created, created_by: `ptp: ${what}` })),
    },
    parts: {
      ...Object.fromEntries(debian.packages.map(({ name, version }) => [name, version])),
      node: nodeRuntime.version,
    },
    node: '/usr/bin/node',
  };
}

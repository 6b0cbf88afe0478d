import { nonroot } from '../accounts.ts';
import type { NamedLayer } from '../builder.ts';
import type { Base } from './base.ts';

/** A base of layers made here, whose programs run as the account that is not root. Pure. */
export function ownBase(
  layers: readonly NamedLayer[],
  parts: Base['parts'],
  materials: Base['materials'],
): Base {
  const created = new Date(0).toISOString();
  return {
    layers: layers.map(({ blob }) => blob),
    configuration: {
      created,
      architecture: 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], User: `${nonroot.uid}:${nonroot.gid}` },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(({ what }) => ({ created, created_by: `ptp: ${what}` })),
    },
    parts,
    materials,
  };
}

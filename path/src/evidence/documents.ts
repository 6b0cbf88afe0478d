import type { BuiltImage } from '../core/handover.ts';
import type { Material } from '../core/making.ts';
import { parseImageConfiguration } from '../oci/image-configuration.ts';
import type { SourceState } from '../project/revision.ts';
import type { Placed } from './inventory/facts.ts';
import { provenance } from './provenance.ts';
import { type Contents, distributionOf, partsOf } from './sbom/contents.ts';
import { cyclonedx } from './sbom/cyclonedx.ts';
import { spdx } from './sbom/spdx.ts';
import { type EvidenceKind, statementOf } from './statement.ts';
import { thisTool } from './tool.ts';

/** What statements about an image are made from. */
export interface Subject {
  readonly project: string;
  readonly image: BuiltImage;
  /** The bytes of its configuration. */
  readonly configuration: Uint8Array;
  readonly inventory: readonly Placed[];
  readonly revision?: SourceState;
}

/**
 * The statements about an image. For equal images they have equal bytes; only the provenance of equal images differs
 * where their commits do. Pure.
 */
export function statementsOf(subject: Subject): Readonly<Record<EvidenceKind, Uint8Array>> {
  const { project, image, inventory, revision } = subject;
  const tool = thisTool();
  const { architecture, config } = parseImageConfiguration(subject.configuration);
  const labels = config?.Labels ?? {};
  const label = (name: string) => labels[`org.opencontainers.image.${name}`];
  const name = `${project}/${image.name}`;
  const { digest } = image.manifest.descriptor;
  const making = image.making ?? { builder: 'unknown', parameters: {}, materials: [] };
  const parts = partsOf(inventory, making.materials);
  const system = inventory.find((one) => one.type === 'os');
  const [version, license] = [label('version'), label('licenses')];
  const contents: Contents = {
    image: { name, digest, architecture },
    tool,
    application: {
      name: image.name,
      ...(version === undefined ? {} : { version }),
      ...(license === undefined ? {} : { license }),
    },
    ...(system === undefined ? {} : { system }),
    parts,
  };
  // Modules that a program in Go was made from: it tells them itself, and so they are no material of the builder's.
  const modules = parts
    .filter(({ type }) => type === 'golang')
    .map(
      ({ name, version, digests }): Material => ({
        type: 'golang',
        name,
        version,
        digests,
        use: 'contained',
      }),
    );
  const repository = label('source');
  const origin = provenance({
    project,
    component: image.name,
    making: { ...making, materials: [...making.materials, ...modules] },
    ...(revision === undefined ? {} : { revision }),
    ...(repository === undefined ? {} : { repository }),
    tool,
    release: distributionOf(inventory, making.materials).release,
  });
  return {
    signature: statementOf('signature', { name, digest }, {}),
    provenance: statementOf('provenance', { name, digest }, origin),
    cyclonedx: statementOf('cyclonedx', { name, digest }, cyclonedx(contents)),
    spdx: statementOf('spdx', { name, digest }, spdx(contents)),
  };
}

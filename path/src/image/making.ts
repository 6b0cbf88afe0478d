import { relative, sep } from 'node:path';
import type { BuiltImage } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import type { Making, Material } from '../core/making.ts';
import { digestOf } from '../oci/digest.ts';
import type { Ingredients } from './builder.ts';
import { sourceMaterial } from './materials.ts';

/** How an image came to be of its ingredients: what was asked for, and all that it was made from. Pure. */
export function makingOf(
  spec: ImageSpec,
  { base, inputs, materials }: Pick<Ingredients, 'base' | 'inputs' | 'materials'>,
  projectFolder: string,
): Making {
  const { name: _name, builder, ...asked } = spec;
  const source =
    'source' in spec ? relative(projectFolder, spec.source).split(sep).join('/') || '.' : spec.name;
  return {
    builder,
    parameters: {
      ...asked,
      ...('source' in spec ? { source } : {}),
      // Where a program was on this machine, and whole files, are no parameters; what they are is.
      ...('programs' in spec ? { programs: spec.programs.map(({ to }) => to) } : {}),
      ...('files' in spec && spec.files !== undefined
        ? { files: spec.files.map(({ path, mode, content }) => ({ path, mode, digest: digestOf(content) })) }
        : {}),
    },
    materials: [...(base?.materials ?? []), ...materials, ...sourceMaterial(source, inputs.source)],
  };
}

/** An image with the lock of its Debian packages among its materials, where it stands on any. Pure. */
export function withLock<Image extends BuiltImage>(image: Image, lock: Material | undefined): Image {
  const { making } = image;
  if (making === undefined || lock === undefined || !making.materials.some(({ type }) => type === 'deb'))
    return image;
  return { ...image, making: { ...making, materials: [...making.materials, lock] } };
}

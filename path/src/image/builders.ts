import type { ImageSpec } from '../core/image-spec.ts';
import { buildBinary } from './binary/build.ts';
import type { Builder, Ingredients, Workshop } from './builder.ts';
import { buildGo } from './go/build.ts';
import { buildNode } from './node/build.ts';
import { buildDebian } from './packages.ts';
import { buildStatic } from './static/build.ts';

/** The builder for each kind of image. */
const builders: { readonly [Name in ImageSpec['builder']]: Builder<Extract<ImageSpec, { builder: Name }>> } =
  {
    node: buildNode,
    static: buildStatic,
    go: buildGo,
    debian: buildDebian,
    binary: buildBinary,
  };

/** Has an image's own builder make its layers and say how it runs. */
export function ingredientsOf(workshop: Workshop, spec: ImageSpec): Promise<Ingredients> {
  const build = builders[spec.builder] as Builder<ImageSpec>;
  return build(workshop, spec);
}

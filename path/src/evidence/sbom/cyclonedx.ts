import type { DigestSet } from '../../core/making.ts';
import { digestHex, digestOf } from '../../oci/digest.ts';
import { packageUrl } from '../package-url.ts';
import type { Contents, Part } from './contents.ts';
import { readLicence } from './licence.ts';

const algorithms: Readonly<Record<string, string>> = { sha256: 'SHA-256', sha512: 'SHA-512', sha1: 'SHA-1' };

/**
 * The parts of an image as a CycloneDX 1.6 document. The same image gives the same bytes: the serial number is made of
 * its digest, and there is no time in it (both are the specification's to leave out or choose). Pure.
 */
export function cyclonedx(contents: Contents): unknown {
  const { image, tool, application, system, parts } = contents;
  const purl = packageUrl({
    type: 'oci',
    ...lastWord(image.name),
    version: image.digest,
    architecture: image.architecture,
  });
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: serialNumber(contents),
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      tools: { components: [{ type: 'application', name: tool.name, version: tool.version }] },
      component: {
        type: 'container',
        'bom-ref': purl,
        name: image.name,
        version: image.digest,
        hashes: [{ alg: 'SHA-256', content: digestHex(image.digest) }],
        purl,
      },
    },
    components: [
      {
        type: 'application',
        'bom-ref': 'application',
        name: application.name,
        ...(application.version === undefined ? {} : { version: application.version }),
        ...licences(application.license),
      },
      ...(system === undefined
        ? []
        : [
            {
              type: 'operating-system',
              'bom-ref': 'operating-system',
              name: system.id,
              version: system.version,
              description: system.title,
            },
          ]),
      ...parts.map(component),
    ],
    dependencies: [
      {
        ref: purl,
        dependsOn: [
          'application',
          ...(system === undefined ? [] : ['operating-system']),
          ...parts.filter(({ type }) => type === 'deb' || type === 'node').map((one) => one.purl),
        ],
      },
      {
        ref: 'application',
        dependsOn: parts
          .filter(({ type, use }) => (type === 'npm' || type === 'golang') && use !== 'build')
          .map((one) => one.purl),
      },
    ],
  };
}

function component(part: Part): unknown {
  const { type, name, version, purl, use, places, source, license } = part;
  const slash = type === 'npm' && name.startsWith('@') ? name.indexOf('/') : -1;
  const properties = [
    ...(source === undefined ? [] : [{ name: 'ptp:debian:source', value: source }]),
    { name: 'ptp:use', value: use },
  ];
  return {
    type: type === 'node' ? 'platform' : 'library',
    'bom-ref': purl,
    ...(slash === -1 ? { name } : { group: name.slice(0, slash), name: name.slice(slash + 1) }),
    version,
    // What only served to build it can't be called in it (CycloneDX 1.6, scope).
    scope: use === 'build' ? 'excluded' : 'required',
    ...hashes(part.digests),
    ...licences(license),
    ...(type === 'node' ? { cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*` } : {}),
    purl,
    properties,
    ...(places.length === 0 ? {} : { evidence: { occurrences: places.map((location) => ({ location })) } }),
  };
}

function hashes(digests: DigestSet): object {
  const known = Object.entries(digests).flatMap(([algorithm, content]) => {
    const alg = algorithms[algorithm];
    return alg === undefined ? [] : [{ alg, content }];
  });
  return known.length === 0 ? {} : { hashes: known };
}

function licences(text: string | undefined): object {
  if (text === undefined) return {};
  const licence = readLicence(text);
  if (licence.kind === 'expression') return { licenses: [{ expression: licence.text }] };
  return { licenses: [{ license: licence.kind === 'id' ? { id: licence.text } : { name: licence.text } }] };
}

/** A UUID of free form (RFC 9562, section 5.8) out of what the document is about and who wrote it. */
function serialNumber({ image, tool }: Contents): string {
  const bytes = Buffer.from(
    digestHex(digestOf(`cyclonedx ${tool.version} ${image.name} ${image.digest}`)),
    'hex',
  );
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const cut = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return `urn:uuid:${cut.join('-')}`;
}

function lastWord(name: string): { readonly name: string } {
  return { name: name.slice(name.lastIndexOf('/') + 1).toLowerCase() };
}

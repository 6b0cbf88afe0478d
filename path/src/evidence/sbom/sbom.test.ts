import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, test } from 'vitest';
import type { Material } from '../../core/making.ts';
import type { Placed } from '../inventory/facts.ts';
import { listedPackages, packagesNotIn } from './complete.ts';
import { type Contents, partsOf } from './contents.ts';
import { cyclonedx } from './cyclonedx.ts';
import { readLicence } from './licence.ts';
import { spdx } from './spdx.ts';

const inventory: readonly Placed[] = [
  { type: 'os', id: 'debian', version: '13', title: 'Debian 13', places: ['usr/lib/os-release'] },
  {
    ...{ type: 'deb', name: 'libstdc++6', version: '1:14.2.0-19+b1', architecture: 'amd64' },
    ...{ source: 'gcc-14', sourceVersion: '14.2.0-19', places: ['var/lib/dpkg/status.d/libstdc++6'] },
  },
  {
    type: 'npm',
    name: '@s/a',
    version: '1.0.0',
    license: 'MIT',
    places: ['app/node_modules/@s/a/package.json'],
  },
  { type: 'npm', name: 'odd', version: '2.0.0', license: 'SEE LICENSE IN x', places: ['x', 'y'] },
  { type: 'golang', name: 'example.com/m/v2', version: 'v2.0.0', sum: 'h1:AAAA', places: ['usr/bin/m'] },
];
const sha256 = 'a'.repeat(64);
const sha512 = 'b'.repeat(128);
const materials: readonly Material[] = [
  {
    ...{ type: 'deb', name: 'libstdc++6', version: '1:14.2.0-19+b1', architecture: 'amd64', suite: 'trixie' },
    ...{ digests: { sha256 }, use: 'contained' },
  },
  { type: 'npm', name: '@s/a', version: '1.0.0', digests: { sha512 }, use: 'contained' },
  { type: 'npm', name: 'unused', version: '1.0.0', digests: { sha512 }, use: 'contained' },
  {
    type: 'npm',
    name: 'react',
    version: '19.0.0',
    license: '(MIT OR Apache-2.0)',
    digests: { sha512 },
    use: 'bundled',
  },
  { type: 'npm', name: 'vite', version: '8.0.0', license: 'MIT', digests: { sha512 }, use: 'build' },
  { type: 'node', name: 'node', version: '26.10.0', digests: { sha512 }, use: 'contained' },
  { type: 'file', name: 'package-lock.json', digests: { sha256 }, use: 'build' },
];
const contents: Contents = {
  image: { name: 'hello/web', digest: `sha256:${'c'.repeat(64)}`, architecture: 'amd64' },
  tool: { name: 'ptp', version: '0.1.0' },
  application: { name: 'web', version: '1.0.0', license: 'Apache-2.0' },
  system: { id: 'debian', version: '13', title: 'Debian 13' },
  parts: partsOf(inventory, materials),
};

test('parts are what the layers hold, with what the builder knows of it, and what the page was made with', () => {
  expect(contents.parts.map(({ purl, use, digests }) => [purl, use, Object.keys(digests)])).toEqual([
    ['pkg:deb/debian/libstdc%2B%2B6@1:14.2.0-19+b1?arch=amd64&distro=debian-13', 'contained', ['sha256']],
    ['pkg:generic/node@26.10.0', 'contained', ['sha512']],
    ['pkg:golang/example.com/m/v2@v2.0.0', 'contained', ['dirHash']],
    ['pkg:npm/%40s/a@1.0.0', 'contained', ['sha512']],
    ['pkg:npm/odd@2.0.0', 'contained', []],
    ['pkg:npm/react@19.0.0', 'bundled', ['sha512']],
    ['pkg:npm/vite@8.0.0', 'build', ['sha512']],
  ]);
});

test('the CycloneDX document is what its schema says', async () => {
  const document = cyclonedx(contents);
  expect(
    await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(JSON.stringify(document)),
  ).toBeNull();
  expect(document).toMatchObject({ specVersion: '1.6', metadata: { component: { type: 'container' } } });
});

test('both documents name all parts, and have neither a time nor anything random in them', () => {
  const purls = new Set(contents.parts.map(({ purl }) => purl));
  for (const [kind, document] of [
    ['cyclonedx', cyclonedx(contents)],
    ['spdx', spdx(contents)],
  ] as const) {
    const listed = [...listedPackages(kind, document)].filter((purl) => !purl.startsWith('pkg:oci'));
    expect(new Set(listed)).toEqual(purls);
    expect(packagesNotIn(kind, document, inventory)).toEqual([]);
    expect(JSON.stringify(kind === 'spdx' ? spdx(contents) : cyclonedx(contents))).toBe(
      JSON.stringify(document),
    );
  }
});

test('a list that lacks a package is found out, and one that is none lacks them all', () => {
  const parts = contents.parts.filter(({ name }) => name !== '@s/a');
  expect(packagesNotIn('cyclonedx', cyclonedx({ ...contents, parts }), inventory)).toEqual([
    'pkg:npm/%40s/a@1.0.0',
  ]);
  expect(packagesNotIn('spdx', spdx({ ...contents, parts }), inventory)).toEqual(['pkg:npm/%40s/a@1.0.0']);
  for (const document of [null, 7, {}, { packages: 'no' }])
    expect(packagesNotIn('spdx', document, inventory)).toHaveLength(4);
});

test('another image has another serial number and namespace', () => {
  const other = { ...contents, image: { ...contents.image, digest: `sha256:${'d'.repeat(64)}` as const } };
  expect(cyclonedx(other)).not.toMatchObject({
    serialNumber: (cyclonedx(contents) as { serialNumber: string }).serialNumber,
  });
  expect((spdx(other) as { documentNamespace: string }).documentNamespace).not.toBe(
    (spdx(contents) as { documentNamespace: string }).documentNamespace,
  );
});

test.each([
  ['MIT', { kind: 'id', text: 'MIT' }],
  ['(MIT OR Apache-2.0)', { kind: 'expression', text: '(MIT OR Apache-2.0)' }],
  [
    'GPL-2.0-only WITH Classpath-exception-2.0',
    { kind: 'expression', text: 'GPL-2.0-only WITH Classpath-exception-2.0' },
  ],
  ['LicenseRef-own', { kind: 'words', text: 'LicenseRef-own' }],
  ['SEE LICENSE IN x', { kind: 'words', text: 'SEE LICENSE IN x' }],
  ['mit', { kind: 'words', text: 'mit' }],
])('the licence %s', (text, licence) => {
  expect(readLicence(text)).toEqual(licence);
});

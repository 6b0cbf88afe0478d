import { expect, test } from 'vitest';
import type { Making } from '../core/making.ts';
import { buildType, provenance } from './provenance.ts';

const making: Making = {
  builder: 'node',
  parameters: { source: 'apps/web' },
  materials: [
    { type: 'npm', name: '@s/b', version: '1.0.0', digests: { sha512: 'b' }, use: 'contained' },
    {
      ...{ type: 'deb', name: 'libc6', version: '2.41', architecture: 'amd64', suite: 'trixie' },
      ...{ digests: { sha256: 'c' }, use: 'contained' },
    },
    {
      type: 'image',
      name: 'r.example/base',
      version: 'sha256:d',
      digests: { sha256: 'd' },
      use: 'contained',
    },
    { type: 'source', name: 'apps/web', digests: { dirHash: 'e' }, use: 'build' },
    { type: 'golang', name: 'example.com/m', version: 'v1.0.0', digests: {}, use: 'contained' },
  ],
};
const origin = {
  ...{ project: 'hello', component: 'web', making, repository: 'https://git.example/hello' },
  ...{ tool: { name: 'ptp', version: '0.1.0' }, release: 'debian-13' },
};

test('it says what was asked for, what it was made from and by what', () => {
  const revision = { commit: 'f'.repeat(40), clean: false };
  expect(provenance({ ...origin, revision })).toEqual({
    buildDefinition: {
      buildType,
      externalParameters: { project: 'hello', component: 'web', builder: 'node', source: 'apps/web' },
      internalParameters: { platform: 'linux/amd64', node: process.versions.node },
      resolvedDependencies: [
        {
          name: 'revision',
          uri: 'git+https://git.example/hello',
          digest: { gitCommit: revision.commit },
          annotations: { clean: false },
        },
        {
          name: '@s/b',
          uri: 'pkg:npm/%40s/b@1.0.0',
          digest: { sha512: 'b' },
          annotations: { use: 'contained' },
        },
        { name: 'apps/web', digest: { dirHash: 'e' }, annotations: { use: 'build' } },
        { name: 'example.com/m', uri: 'pkg:golang/example.com/m@v1.0.0', annotations: { use: 'contained' } },
        {
          name: 'libc6',
          uri: 'pkg:deb/debian/libc6@2.41?arch=amd64&distro=debian-13',
          digest: { sha256: 'c' },
          annotations: { use: 'contained' },
        },
        {
          name: 'r.example/base',
          uri: 'oci://r.example/base@sha256:d',
          digest: { sha256: 'd' },
          annotations: { use: 'contained' },
        },
      ],
    },
    runDetails: { builder: { id: 'https://ptp.dev/builder/v1', version: { ptp: '0.1.0' } } },
  });
});

test('without git it names no revision, and the order of materials does not matter', () => {
  const reversed = { ...making, materials: making.materials.toReversed() };
  expect(provenance({ ...origin, making: reversed })).toEqual(provenance(origin));
  expect(JSON.stringify(provenance(origin))).not.toContain('revision');
});

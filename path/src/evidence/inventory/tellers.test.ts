import fc from 'fast-check';
import { expect, test } from 'vitest';
import { debianPackages, npmPackage, release, tellers } from './tellers.ts';

test('dpkg’s status tells of what is installed, and where it was built from', () => {
  const text = `Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.41-12

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libgcc-s1
Architecture: amd64
Source: gcc-14 (14.2.0-19)
Version: 14.2.0-19+b1
Description: support
 of many lines
`;
  const common = { type: 'deb', architecture: 'amd64' };
  expect(debianPackages(text)).toEqual([
    { ...common, name: 'libc6', version: '2.41-12', source: 'glibc', sourceVersion: '2.41-12' },
    { ...common, name: 'libgcc-s1', version: '14.2.0-19+b1', source: 'gcc-14', sourceVersion: '14.2.0-19' },
  ]);
});

test('a package.json tells of a package where it has a name and a version', () => {
  const npm = { type: 'npm', name: 'a', version: '1.0.0' };
  expect(npmPackage('{"name":"a","version":"1.0.0","license":"MIT"}')).toEqual([{ ...npm, license: 'MIT' }]);
  expect(npmPackage('{"name":"a","version":"1.0.0","license":{"type":"MIT"}}')).toEqual([
    { ...npm, license: 'MIT' },
  ]);
  expect(npmPackage('{"name":"a","version":"1.0.0","license":7}')).toEqual([npm]);
  for (const text of ['', '{', 'null', '[]', '{"type":"module"}']) expect(npmPackage(text)).toEqual([]);
});

test('os-release tells of the distribution', () => {
  const text = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n# no\n';
  expect(release(text)).toEqual([
    { type: 'os', id: 'debian', version: '13', title: 'Debian GNU/Linux 13 (trixie)' },
  ]);
  expect(release('')).toEqual([]);
});

test.each([
  ['app/node_modules/pg/package.json', true],
  ['app/node_modules/@types/pg/package.json', true],
  ['node_modules/a/node_modules/b/package.json', true],
  ['app/node_modules/a/dist/package.json', false],
  ['app/package.json', false],
  ['app/node_modules/.bin/package.json', false],
  ['var/lib/dpkg/status', true],
  ['var/lib/dpkg/status.d/libc6', true],
  ['var/lib/dpkg/status.d/libc6.md5sums', false],
  ['usr/lib/os-release', true],
  ['usr/lib/os-release.d/x', false],
])('%s tells of packages: %s', (path, tells) => {
  expect(tellers.some((one) => one.path.test(path))).toBe(tells);
});

test('whatever is in such a file, reading it ends well', () => {
  const lines = fc.array(
    fc.oneof(fc.string(), fc.constantFrom('Package: a', 'Version: 1', 'Architecture: x', '', ' y')),
  );
  fc.assert(
    fc.property(lines, fc.json(), (text, json) => {
      for (const { read } of tellers)
        for (const one of [text.join('\n'), json]) expect(read(one)).toBeInstanceOf(Array);
    }),
    { seed: 1, numRuns: 200 },
  );
});

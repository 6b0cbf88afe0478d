import { expect, test } from 'vitest';
import { archiveOf, parseSources } from './sources.ts';

test('deb822 sources are read; disabled ones and sources of source code are not', () => {
  const text = `# a comment
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
Check-Valid-Until: no
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEX
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
Enabled: no
URIs: http://off.test
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test
Suites: bookworm
Components: main
`;
  const read = parseSources('debian.sources', text);
  expect(read.map(({ uris, checkValidUntil }) => [uris, checkValidUntil])).toEqual([
    [['http://mirror.test/debian'], true],
    [['http://mirror.test/debian-security'], false],
  ]);
  expect(read[0]?.signedBy).toEqual(['/usr/share/keyrings/debian.gpg']);
  expect(read[1]?.signedBy).toEqual([
    '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEX\n-----END PGP PUBLIC KEY BLOCK-----\n',
  ]);
  expect(read.map(archiveOf)).toEqual(['main', 'security']);
});

test('one-line sources are read with their options', () => {
  const read = parseSources(
    'sources.list',
    `#deb http://off.test/debian trixie main
deb [arch=amd64 signed-by=/a.gpg,/b.gpg check-valid-until=no] http://mirror.test/debian trixie main non-free # why
deb-src http://mirror.test/debian trixie main
deb http://security.test/debian-security bullseye/updates main`,
  );
  expect(read).toEqual([
    {
      uris: ['http://mirror.test/debian'],
      suites: ['trixie'],
      components: ['main', 'non-free'],
      signedBy: ['/a.gpg', '/b.gpg'],
      checkValidUntil: false,
    },
    {
      uris: ['http://security.test/debian-security'],
      suites: ['bullseye/updates'],
      components: ['main'],
      signedBy: [],
      checkValidUntil: true,
    },
  ]);
  expect(read.map(archiveOf)).toEqual(['main', 'security']);
});

test.each([
  'deb http://other.test nodistro main',
  'deb http://other.test noble main universe',
  'deb http://other.test cloud-sdk-bookworm main',
  'deb http://other.test bookworm stable',
  'deb http://backports.test bookworm-backports main',
])('%s is none of Debian’s archives', (line) => {
  expect(parseSources('other.list', line).map(archiveOf)).toEqual([undefined]);
});

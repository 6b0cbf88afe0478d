/*
 * Entries in the form in which the databases that OSV gathers publish theirs; the vulnerabilities are made up.
 */

/** As GitHub's advisories for npm are. */
export const npmEntry = {
  schema_version: '1.7.0',
  id: 'GHSA-aaaa-bbbb-cccc',
  modified: '2026-05-30T10:00:00Z',
  published: '2026-05-01T00:00:00Z',
  aliases: ['CVE-2026-0001'],
  summary: 'Prototype pollution in lodash',
  details: '…',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'lodash', purl: 'pkg:npm/lodash' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '4.17.21' }] }],
      database_specific: { source: 'https://example.com/advisory.json' },
    },
  ],
  references: [{ type: 'WEB', url: 'https://example.com' }],
  database_specific: { cwe_ids: ['CWE-1321'], severity: 'CRITICAL', github_reviewed: true },
};

/** As Debian's security tracker is: one entry for each CVE, with what it means for each release. */
export const debianEntry = {
  schema_version: '1.7.0',
  id: 'DEBIAN-CVE-2026-0002',
  modified: '2026-05-31T10:00:00Z',
  published: '2026-05-20T00:00:00Z',
  upstream: ['CVE-2026-0002'],
  details: 'Out-of-bounds write in the handshake',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'Debian:12', name: 'openssl', purl: 'pkg:deb/debian/openssl?arch=source' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
      ecosystem_specific: { urgency: 'not yet assigned' },
    },
    {
      package: { ecosystem: 'Debian:13', name: 'openssl', purl: 'pkg:deb/debian/openssl?arch=source' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.5.1-1+deb13u1' }] }],
      versions: ['3.5.0-1', '3.5.0-2', '3.5.1-1'],
      ecosystem_specific: { urgency: 'not yet assigned' },
    },
  ],
};

/** As Debian's advisories are: one for all that an upload mends. */
export const debianAdvisory = {
  schema_version: '1.7.0',
  id: 'DSA-9000-1',
  modified: '2026-05-31T11:00:00Z',
  upstream: ['CVE-2026-0002', 'CVE-2026-0003'],
  summary: 'openssl - security update',
  affected: [
    {
      package: { ecosystem: 'Debian:13', name: 'openssl' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.5.1-1+deb13u1' }] }],
    },
  ],
};

/** As the Go vulnerability database's are: no severity, symbols beside. */
export const goEntry = {
  schema_version: '1.3.1',
  id: 'GO-2026-0004',
  modified: '2026-05-29T10:00:00Z',
  aliases: ['CVE-2026-0004', 'GHSA-dddd-eeee-ffff'],
  summary: 'Memory exhaustion in golang.org/x/net/http2',
  affected: [
    {
      package: { ecosystem: 'Go', name: 'golang.org/x/net' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0.30.0' }, { fixed: '0.38.0' }] }],
      ecosystem_specific: { imports: [{ path: 'golang.org/x/net/http2', symbols: ['Server.ServeConn'] }] },
    },
  ],
  database_specific: { url: 'https://example.com/GO-2026-0004', review_status: 'REVIEWED' },
};

/** The same as GitHub says it. */
export const goOnGitHub = {
  schema_version: '1.4.0',
  id: 'GHSA-dddd-eeee-ffff',
  modified: '2026-05-29T12:00:00Z',
  aliases: ['CVE-2026-0004'],
  summary: 'http2 memory exhaustion',
  severity: [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' }],
  affected: [
    {
      package: { ecosystem: 'Go', name: 'golang.org/x/net' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '0.38.0' }] }],
    },
  ],
  database_specific: { severity: 'CRITICAL' },
};

/** A package that was made to do harm (malicious-packages of OpenSSF). */
export const maliciousEntry = {
  schema_version: '1.7.4',
  id: 'MAL-2026-5',
  modified: '2026-05-28T00:00:00Z',
  summary: 'Malicious code in lodash (npm)',
  affected: [{ package: { ecosystem: 'npm', name: 'lodash' }, versions: ['4.17.20'] }],
};

/** An entry that was taken back. */
export const withdrawnEntry = { ...npmEntry, id: 'GHSA-gone-gone-gone', withdrawn: '2026-05-30T00:00:00Z' };

export const allEntries = [npmEntry, debianEntry, debianAdvisory, goEntry, goOnGitHub, withdrawnEntry];

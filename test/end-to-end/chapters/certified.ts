import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteObject } from '../../../path/src/kubernetes/delete.ts';
import { list } from '../../../path/src/kubernetes/list.ts';
import type { AnyObject } from '../../../path/src/kubernetes/objects.ts';
import { reissue } from '../../../path/src/kubernetes/reissue.ts';
import { Authority } from '../../support/authority.ts';
import { doorTo } from '../../support/door.ts';
import { NameServer } from '../../support/name-server.ts';
import { type Ended, tail } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

const name = 'certified';
const zone = 'acme.test';
const domain = `www.${zone}`;
const refused = 'refused.test';

/**
 * A small system beside the other one on its cluster, whose certificates a public authority issues: Pebble, by ACME (RFC
 * 8555). It asks at the door, and then in a zone that Knot DNS serves.
 */
export function certified(system: System): void {
  const folder = mkdtempSync(join(tmpdir(), 'ptp-certified-'));
  const ptp = (...args: readonly string[]) => system.ptp(...args, '--file', join(folder, 'ptp.yaml'));
  const authority = new Authority();
  const names = new NameServer(zone);
  let host: string;

  /** Carries it with other words for the target. */
  async function up(target: readonly string[]): Promise<Ended> {
    writeFileSync(join(folder, 'ptp.yaml'), [...project, ...target.map((line) => `    ${line}`)].join('\n'));
    return ptp('up');
  }
  async function must(target: readonly string[]): Promise<Ended> {
    const ended = await up(target);
    if (ended.code !== 0) throw new Error(`\`ptp up\` ended with ${ended.code}:\n${tail(ended)}`);
    return ended;
  }
  const acme = (...more: readonly string[]) => [
    'acme:',
    `  server: ${authority.directory}`,
    '  email: someone@example.com',
    '  authority: authorities.pem',
    ...more.map((line) => `  ${line}`),
  ];

  /** What somebody sees who comes in by the door and trusts nobody but the authority. */
  async function seen(host = domain) {
    const ca = await authority.roots();
    return new Promise<X509Certificate>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port: system.ports.https, servername: host, ca }, () => {
        const { raw } = socket.getPeerCertificate();
        socket.end();
        resolve(new X509Certificate(raw));
      });
      socket.once('error', reject);
    });
  }
  const objects = (apiVersion: string, kind: string) =>
    system.cluster((client) => list<AnyObject>(client, { apiVersion, kind, namespace: name }));

  beforeAll(async () => {
    await system.must('up');
    const record = JSON.parse(readFileSync(`/var/lib/ptp/${system.instance}/instance.json`, 'utf8'));
    host = `10.77.${record.number}.1`;
    await names.start();
    await authority.start({
      address: host,
      http: system.ports.http,
      nameServer: `127.0.0.1:${names.port}`,
      refuses: [refused],
    });
    writeFileSync(join(folder, 'authorities.pem'), await authority.roots());
    writeFileSync(join(folder, 'key'), `${names.key.secret}\n`, { mode: 0o600 });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'server.js'), server);
  });
  afterAll(async () => {
    authority.stop();
    names.stop();
    rmSync(folder, { recursive: true, force: true });
    await system.cluster((client) =>
      deleteObject(
        { emit: () => {}, signal: AbortSignal.timeout(60_000) },
        client,
        { apiVersion: 'v1', kind: 'Namespace', name },
        { step: 'deploy' },
      ),
    );
  });

  test('a directory that is none ends `ptp up` with what the authority answered', async () => {
    const { code, stderr } = await up([
      `domain: ${domain}`,
      ...acme().map((line) => line.replace(/\/dir$/, '/none')),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/issuer\/acme: no account at https:\S+\/none: .*HTTP 404/);
    expect(stderr).toContain('`server` is the directory');
  });

  test('HTTP01: the authority asks at the door, issues, and everybody who knows it is let in', async () => {
    const { stdout } = await must([`domain: ${domain}`, ...acme()]);
    expect(stdout).not.toContain('ptp trust');
    const certificate = await seen();
    expect(certificate.subjectAltName).toBe(`DNS:${domain}`);
    expect(certificate.issuer).toMatch(/^CN=Pebble Intermediate CA/);
    const door = doorTo({ domain, ...system.ports, authority: await authority.roots() });
    expect(await door.send('GET', '/')).toMatchObject({ status: 200, body: 'certified' });
    // Restricted Pod Security holds for the pod that answered as for every other, and it is gone.
    const [namespace] = (
      await system.cluster((client) => list<AnyObject>(client, { apiVersion: 'v1', kind: 'Namespace' }))
    ).filter(({ metadata }) => metadata.name === name);
    expect(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    await until(
      'what answered the authority is gone',
      async () => (await objects('v1', 'Pod')).filter(({ metadata }) => metadata.name.startsWith('cm-acme')),
      (left) => left.length === 0,
    );
  });

  test('status says who issued it and until when', async () => {
    const { stdout } = await ptp('status');
    expect(stdout).toMatch(
      new RegExp(`certificate of ${domain}: valid until .*, issued by Pebble Intermediate CA`),
    );
  });

  test('trust is not for us to give to an authority that is not ours', async () => {
    const { code, stderr } = await ptp('trust');
    expect(code).toBe(2);
    expect(stderr).toContain("which is not ptp's to vouch for");
  });

  test('it is renewed, and the new one is served', async () => {
    const { serialNumber } = await seen();
    await system.cluster((client) =>
      reissue(
        { clock: { now: () => new Date() }, signal: AbortSignal.timeout(30_000) },
        client,
        name,
        'public-tls',
      ),
    );
    await until('the new certificate is served', seen, (now) => now.serialNumber !== serialNumber);
  });

  const dns01 = () => [
    'dns01:',
    '  rfc2136:',
    `    nameServer: ${host}:${names.port}`,
    '    wait: 0',
    `    key: { name: ${names.key.name}, file: key }`,
  ];

  test('a name that the authority refuses ends `ptp up` with its reason, and the release before serves', async () => {
    const { code, stderr } = await up([`domain: ${refused}`, ...acme(...dns01())]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/refuses a certificate for refused\.test: .*rejectedIdentifier/);
    expect((await seen()).subjectAltName).toBe(`DNS:${domain}`);
  });

  test('DNS01: it is shown in the zone, by an update that only the key may make', async () => {
    const { serialNumber } = await seen();
    const other = `shop.${zone}`;
    await must([`domain: ${other}`, ...acme(...dns01())]);
    const certificate = await seen(other);
    expect(certificate.subjectAltName).toBe(`DNS:${other}`);
    expect(certificate.serialNumber).not.toBe(serialNumber);
    await until(
      'the zone is as it was',
      () => names.records(`_acme-challenge.${other}`),
      (left) => left.length === 0,
    );
  });
}

const project = [
  `name: ${name}`,
  'components:',
  '  web:',
  '    source: .',
  '    route: /',
  'targets:',
  '  local:',
  '    cluster: local',
];
const manifest = { name, private: true, type: 'module', scripts: { start: 'node server.js' } };
const server = `
import { createServer } from 'node:http';
const door = createServer((_, response) => response.end('certified')).listen(process.env.PORT);
const health = createServer((_, response) => response.end()).listen(process.env.MANAGEMENT_PORT);
process.once('SIGTERM', () => { door.close(); health.close(); });
`;

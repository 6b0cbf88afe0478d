import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Attachments, BuiltImage, Digest, RegistryAccess } from '../../path/src/core/handover.ts';
import { openKeyFile } from '../../path/src/evidence/signing/key-file.ts';
import { keySigner } from '../../path/src/evidence/signing/key-signer.ts';
import { attest } from '../../path/src/evidence/step.ts';
import { verifyEvidence } from '../../path/src/evidence/verify.ts';
import { newContext, newFolder } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';
import { imagesOf } from '../../path/src/images-of.ts';
import { loadProject } from '../../path/src/project/load.ts';
import { openAttachments } from '../../path/src/registry/attachments.ts';
import { publishImages } from '../../path/src/registry/step.ts';
import { goProgram } from '../support/go-program.ts';
import { type Registry, startRegistry } from './support/registry.ts';

/*
 * Evidence as others see it: the public cosign verifies it in the registry of local clusters, the SPDX project's own
 * library and CycloneDX's own schema read the lists, and tar says what really lies in the layers.
 */
const checkout = join(import.meta.dirname, '../..');
const context = newContext(process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'));
const cosign = goProgram(join(import.meta.dirname, 'support/cosign'));
const checkSpdx = goProgram(join(import.meta.dirname, 'support/check-spdx'));
const folder = newFolder();
const keyFile = join(folder, 'key.pem');
const publicFile = join(folder, 'key.pub');
const environment = { PTP_SIGNING_KEY: keyFile };
const revision = { commit: '0123456789abcdef0123456789abcdef01234567', clean: true };

let registry: Registry;
let access: RegistryAccess;
let attachments: Attachments;
let images: readonly BuiltImage[];
let publicKey: string;

beforeAll(async () => {
  vi.stubEnv('DOCKER_CONFIG', folder);
  registry = await startRegistry();
  access = { url: `http://${registry.name}`, name: registry.name, prefix: 'hello' };
  attachments = openAttachments(context, access);
  const project = await loadProject(join(checkout, 'ptp.yaml'), undefined, { emit: () => {}, env: {} });
  const calendar = {
    builder: 'go',
    name: 'calendar',
    source: join(checkout, 'bench/apps/go'),
    main: 'cmd/calendar',
  } as const;
  images = await buildImages(context, [...(await imagesOf(project)), calendar], { projectFolder: checkout });
  await publishImages(context, access, images, { tags: [] });
  publicKey = keySigner(await openKeyFile(keyFile), keyFile).publicKey ?? '';
  writeFileSync(publicFile, publicKey);
  await attest(context, images, { project: 'hello', attachments, revision, environment });
});
afterAll(async () => {
  await attachments.close();
  await registry.stop();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const built = (name: string): BuiltImage => {
  const image = images.find((one) => one.name === name);
  if (image === undefined) throw new Error(`no image ${name}`);
  return image;
};
const digestOf = (name: string): Digest => built(name).manifest.descriptor.digest;
const run = (command: string, image: string, more: readonly string[] = [], key = publicFile) =>
  spawnSync(
    cosign,
    [
      command,
      ...['--key', key, '--insecure-ignore-tlog=true'],
      ...more,
      `${registry.name}/hello/${image}@${digestOf(image)}`,
    ],
    { encoding: 'utf8', env: { HOME: folder, DOCKER_CONFIG: folder } },
  );
const everyImage = ['gateway', 'backend', 'frontend', 'postgres-17', 'calendar'];

describe('the public cosign', () => {
  test.each(everyImage)('verifies the signature of %s', (image) => {
    const { status, stdout, stderr } = run('verify', image);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(digestOf(image));
  });

  test.each(
    everyImage.flatMap((image) => [
      [image, 'slsaprovenance1'],
      [image, 'cyclonedx'],
      [image, 'spdxjson'],
    ]),
  )('verifies of %s: %s', (image = '', type = '') => {
    const { status, stdout, stderr } = run('verify-attestation', image, ['--type', type]);
    expect(status, stderr).toBe(0);
    const { payload } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
    expect(statement.subject[0].digest.sha256).toBe(digestOf(image).slice(7));
  });

  test('refuses them with another key', async () => {
    const other = join(folder, 'other.pem');
    const { publicKey: pem = '' } = keySigner(await openKeyFile(other), other);
    writeFileSync(join(folder, 'other.pub'), pem);
    const { status, stderr } = run('verify', 'gateway', [], join(folder, 'other.pub'));
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/signature|verif/i);
  });
});

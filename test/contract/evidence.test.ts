import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type {
  Attachments,
  BuiltImage,
  Digest,
  Referrer,
  RegistryAccess,
} from '../../path/src/core/handover.ts';
import { listedPackages } from '../../path/src/evidence/sbom/complete.ts';
import { keyFileOf, openKeyFile } from '../../path/src/evidence/signing/key-file.ts';
import { keySigner } from '../../path/src/evidence/signing/key-signer.ts';
import { bundleType, predicateTypes } from '../../path/src/evidence/statement.ts';
import { attest } from '../../path/src/evidence/step.ts';
import { type EvidenceState, verifyEvidence } from '../../path/src/evidence/verify.ts';
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
const environment = { XDG_CONFIG_HOME: folder };
const keyFile = keyFileOf('hello', environment);
const publicFile = join(folder, 'key.pub');
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

const verified = (image: string, more: { at?: Attachments; key?: string; complete?: boolean } = {}) =>
  verifyEvidence(context, {
    attachments: more.at ?? attachments,
    image,
    digest: digestOf(image),
    publicKey: more.key ?? publicKey,
    complete: more.complete ?? false,
  });
const states = async (image: string, more?: Parameters<typeof verified>[1]) => {
  const { findings } = await verified(image, more);
  return Object.fromEntries(findings.map(({ kind, state }) => [kind, state]));
};
const all = (state: EvidenceState) => ({
  signature: state,
  provenance: state,
  cyclonedx: state,
  spdx: state,
});
async function documentsOf(image: string) {
  const { findings } = await verified(image);
  const of = (kind: string) => findings.find((one) => one.kind === kind)?.predicate;
  return { cyclonedx: of('cyclonedx'), spdx: of('spdx'), provenance: of('provenance') };
}

describe('the lists of parts', () => {
  test.each(everyImage)('of %s name every package that tar finds in the layers', async (image) => {
    const paths = built(image).layers.flatMap(({ path }) => {
      const input = zstdDecompressSync(readFileSync(path));
      const listed = execFileSync('tar', ['--list'], { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
      return listed.split('\n');
    });
    const debian = paths.flatMap((path) => /^var\/lib\/dpkg\/status\.d\/([^/]+?)$/.exec(path)?.[1] ?? []);
    const npm = paths.flatMap(
      (path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/.exec(path)?.[1] ?? [],
    );
    const names = [
      ...debian
        .filter((name) => !name.endsWith('.md5sums'))
        .map((name) => `pkg:deb/debian/${encodeURIComponent(name)}@`),
      ...npm.map((name) => `pkg:npm/${name.replace('@', '%40')}@`),
    ];
    expect(names.length).toBeGreaterThan(3);
    const { cyclonedx, spdx } = await documentsOf(image);
    for (const [kind, document] of [
      ['cyclonedx', cyclonedx],
      ['spdx', spdx],
    ] as const) {
      const purls = [...listedPackages(kind, document)];
      expect(names.filter((name) => !purls.some((purl) => purl.startsWith(name)))).toEqual([]);
    }
    expect((await verified(image, { complete: true })).problems).toEqual([]);
  });

  test.each(everyImage)('of %s are what their specifications say', async (image) => {
    const { cyclonedx, spdx } = await documentsOf(image);
    const schema = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await schema.validate(JSON.stringify(cyclonedx))).toBeNull();
    const file = join(folder, `${image}.spdx.json`);
    writeFileSync(file, JSON.stringify(spdx));
    const { status, stdout, stderr } = spawnSync(checkSpdx, [file], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(new Set(stdout.trim().split('\n'))).toEqual(listedPackages('spdx', spdx));
    const without = (purls: ReadonlySet<string>) =>
      [...purls].filter((purl) => !purl.startsWith('pkg:oci')).sort();
    expect(without(listedPackages('cyclonedx', cyclonedx))).toEqual(without(listedPackages('spdx', spdx)));
  });

  test('know what a program in Go was made from, as Go itself does', async () => {
    const { cyclonedx } = await documentsOf('calendar');
    const listed = execFileSync(
      'go',
      ['list', '-deps', '-f', '{{with .Module}}{{.Path}}@{{.Version}}{{end}}', './cmd/calendar'],
      {
        cwd: join(checkout, 'bench/apps/go'),
        encoding: 'utf8',
        env: { ...process.env, GOMODCACHE: join(context.cache, 'go/mod'), GOFLAGS: '-modcacherw' },
      },
    );
    const modules = new Set(
      listed
        .split('\n')
        .filter((line) => /@v/.test(line))
        .map((line) => `pkg:golang/${line}`),
    );
    expect(modules.size).toBeGreaterThan(3);
    const purls = [...listedPackages('cyclonedx', cyclonedx)].filter((purl) => purl.startsWith('pkg:golang'));
    expect(purls.filter((purl) => !purl.includes('/stdlib@')).sort()).toEqual([...modules].sort());
  });

  test('know what a page is bundled from, and what only made it', async () => {
    const { cyclonedx } = (await documentsOf('frontend')) as {
      cyclonedx: { components: { purl?: string; scope?: string; hashes?: unknown[] }[] };
    };
    const of = (name: string) =>
      cyclonedx.components.find(({ purl }) => purl?.startsWith(`pkg:npm/${name}@`));
    expect(of('react')).toMatchObject({ scope: 'required', hashes: [{ alg: 'SHA-512' }] });
    expect(of('vite')).toMatchObject({ scope: 'excluded', hashes: [{ alg: 'SHA-512' }] });
  });
});

test('provenance names the commit, the lockfiles and every package with its digest', async () => {
  const { provenance } = await documentsOf('backend');
  const { buildDefinition } = provenance as {
    buildDefinition: {
      externalParameters: unknown;
      resolvedDependencies: { name: string; uri?: string; digest: Record<string, string> }[];
    };
  };
  expect(buildDefinition.externalParameters).toMatchObject({
    project: 'hello',
    component: 'backend',
    builder: 'node',
    source: 'system/backend',
  });
  const named = new Map(buildDefinition.resolvedDependencies.map((one) => [one.name, one]));
  expect(named.get('revision')?.digest).toEqual({ gitCommit: revision.commit });
  const sum = execFileSync('sha256sum', [join(checkout, 'package-lock.json')], { encoding: 'utf8' });
  expect(named.get('package-lock.json')?.digest.sha256).toBe(sum.slice(0, 64));
  const packages = buildDefinition.resolvedDependencies.filter(({ uri }) => uri?.startsWith('pkg:'));
  expect(packages.length).toBeGreaterThan(50);
  for (const { digest } of packages) expect(Object.values(digest)[0]).toMatch(/^[0-9a-f]{64,128}$/);
});

describe('what is attached', () => {
  const counting = () => {
    const attached: string[] = [];
    const counted: Attachments = {
      ...attachments,
      attach: (image, attachment) => {
        attached.push(attachment.annotations?.['dev.sigstore.bundle.predicateType'] ?? '');
        return attachments.attach(image, attachment);
      },
    };
    return { attached, counted };
  };
  const again = async (more: Partial<Parameters<typeof attest>[2]> = {}, at = context, only = images) => {
    const { attached, counted } = counting();
    await attest(at, only, { project: 'hello', attachments: counted, revision, environment, ...more });
    return attached;
  };

  test('is not attached again, by this machine or by another with the same key', async () => {
    expect(await again()).toEqual([]);
    // Its cache is empty: it reads the layers from the registry, and says the same byte for byte.
    const elsewhere = newContext();
    expect(await again({}, elsewhere)).toEqual([]);
    rmSync(elsewhere.cache, { recursive: true });
  });

  test('is the same in another registry', async () => {
    const other = openAttachments(context, { ...access, prefix: 'other' });
    await publishImages(context, { ...access, prefix: 'other' }, [built('gateway')], { tags: [] });
    const options = { project: 'hello', attachments: other, revision, environment };
    await attest(context, [built('gateway')], options);
    const digests = (list: readonly Referrer[]) => list.map(({ digest }) => digest).sort();
    const here = await attachments.list('gateway', digestOf('gateway'));
    expect(digests(await other.list('gateway', digestOf('gateway')))).toEqual(digests(here));
    await other.close();
  });

  test('is attached again where the registry lost it, and not signed anew', async () => {
    const before = await attachments.list('gateway', digestOf('gateway'));
    const lost = before.find(
      ({ annotations }) => annotations?.['dev.sigstore.bundle.predicateType'] === predicateTypes.signature,
    );
    const revisions = 'docker/registry/v2/repositories/hello/gateway/_manifests/revisions/sha256';
    rmSync(join(registry.data, revisions, lost?.digest.slice(7) ?? 'none'), { recursive: true });
    expect(await again({}, context, [built('gateway')])).toEqual([predicateTypes.signature]);
    expect(await attachments.list('gateway', digestOf('gateway'))).toEqual(before);
    expect(await again()).toEqual([]);
  });

  test('gains a commit when sources that no commit had become one', async () => {
    const key = { environment: { XDG_CONFIG_HOME: join(folder, 'dirty') } };
    const dirty = { ...revision, clean: false };
    const one = [built('gateway')];
    expect(await again({ ...key, revision: dirty }, context, one)).toHaveLength(4);
    expect(await again({ ...key, revision: dirty }, context, one)).toEqual([]);
    expect(await again(key, context, one)).toEqual([predicateTypes.provenance]);
    expect(await again(key, context, one)).toEqual([]);
  });
});

describe('verification', () => {
  /** One image in a repository of its own, signed by a key of its own. */
  async function place(prefix: string, image: string) {
    const at = openAttachments(context, { ...access, prefix });
    const environment = { XDG_CONFIG_HOME: join(folder, prefix) };
    const file = keyFileOf('hello', environment);
    await publishImages(context, { ...access, prefix }, [built(image)], { tags: [] });
    await attest(context, [built(image)], {
      project: 'hello',
      attachments: at,
      revision,
      environment,
    });
    return { at, key: keySigner(await openKeyFile(file), file).publicKey ?? '' };
  }
  const dataOf = (digest: string) =>
    join(registry.data, 'docker/registry/v2/blobs/sha256', digest.slice(7, 9), digest.slice(7), 'data');
  async function bundleOf(at: Attachments, image: string, type: string) {
    const list = await at.list(image, digestOf(image));
    const found = list.find(({ annotations }) => annotations?.['dev.sigstore.bundle.predicateType'] === type);
    if (found === undefined) throw new Error(`no ${type}`);
    const manifest = JSON.parse(Buffer.from((await at.manifest(image, found.digest)) ?? '').toString());
    const digest: Digest = manifest.layers[0].digest;
    return { digest, file: dataOf(digest), bundle: JSON.parse(readFileSync(dataOf(digest), 'utf8')) };
  }

  test('believes what the key has signed, and says so of every kind', async () => {
    expect(await states('gateway')).toEqual(all('good'));
  });

  test('tells of another key', async () => {
    const { at, key } = await place('stranger', 'backend');
    expect(await states('backend', { at })).toEqual(all('other-key'));
    expect(await states('backend', { at, key })).toEqual(all('good'));
    await at.close();
  });

  test('tells of what is missing', async () => {
    const { at, key } = await place('thinned', 'gateway');
    const digest = digestOf('gateway');
    const url = `http://${registry.name}/v2/thinned/gateway/manifests/${digest.replace(':', '-')}`;
    const index = await (await fetch(url)).json();
    const manifests = index.manifests.filter(
      (one: Referrer) => one.annotations?.['dev.sigstore.bundle.predicateType'] !== predicateTypes.spdx,
    );
    const headers = { 'content-type': index.mediaType };
    const put = await fetch(url, { method: 'PUT', headers, body: JSON.stringify({ ...index, manifests }) });
    expect(put.status).toBe(201);
    expect(await states('gateway', { at, key })).toEqual({ ...all('good'), spdx: 'missing' });
    const { good, problems } = await verified('gateway', { at, key });
    expect(good).toBe(false);
    expect(problems.map(({ what }) => what)).toEqual([expect.stringMatching(/SPDX .* nothing of the kind/)]);
    await at.close();
  });

  test('tells of bytes that were altered on the registry’s disk', async () => {
    const { at, key } = await place('altered', 'gateway');
    const { file } = await bundleOf(at, 'gateway', predicateTypes.provenance);
    const whole = readFileSync(file);
    writeFileSync(file, whole.toString('latin1').replace(/"payload":"...../, '"payload":"AAAAA'), 'latin1');
    expect(readFileSync(file)).toHaveLength(whole.length);
    expect(await states('gateway', { at, key })).toEqual({ ...all('good'), provenance: 'tampered' });
    await at.close();
  });

  test('tells of a statement that was rewritten, and is not misled where the true one is there too', async () => {
    const { at, key } = await place('rewritten', 'gateway');
    const { bundle } = await bundleOf(at, 'gateway', predicateTypes.provenance);
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
      .toString('utf8')
      .replace(revision.commit, 'f'.repeat(40));
    bundle.dsseEnvelope.payload = Buffer.from(payload).toString('base64');
    const forged = {
      artifactType: bundleType,
      content: Buffer.from(JSON.stringify(bundle)),
      annotations: { 'dev.sigstore.bundle.predicateType': predicateTypes.provenance },
    };
    await at.attach('gateway', { ...forged, subject: built('gateway').manifest.descriptor });
    expect(await states('gateway', { at, key })).toEqual(all('good'));
    const bare = openAttachments(context, { ...access, prefix: 'forged' });
    await publishImages(context, { ...access, prefix: 'forged' }, [built('gateway')], { tags: [] });
    await bare.attach('gateway', { ...forged, subject: built('gateway').manifest.descriptor });
    expect(await states('gateway', { at: bare, key })).toEqual({ ...all('missing'), provenance: 'tampered' });
    await Promise.all([at.close(), bare.close()]);
  });

  test('tells of evidence of another image', async () => {
    const { at, key } = await place('borrowed', 'gateway');
    const { bundle } = await bundleOf(at, 'gateway', predicateTypes.signature);
    await publishImages(context, { ...access, prefix: 'borrowed' }, [built('backend')], { tags: [] });
    await at.attach('backend', {
      artifactType: bundleType,
      subject: built('backend').manifest.descriptor,
      content: Buffer.from(JSON.stringify(bundle)),
      annotations: { 'dev.sigstore.bundle.predicateType': predicateTypes.signature },
    });
    expect(await states('backend', { at, key })).toEqual({ ...all('missing'), signature: 'other-subject' });
    await at.close();
  });

  test('tells of a layer that was altered on the registry’s disk', async () => {
    const layer = built('calendar').layers.at(-1)?.descriptor.digest ?? '';
    const whole = readFileSync(dataOf(layer));
    const altered = Buffer.from(whole);
    altered.writeUInt8(altered.readUInt8(whole.length - 1) ^ 1, whole.length - 1);
    writeFileSync(dataOf(layer), altered);
    const { good, problems } = await verified('calendar', { complete: true });
    writeFileSync(dataOf(layer), whole);
    expect(good).toBe(false);
    expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining(layer)]);
  });
});

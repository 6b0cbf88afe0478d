import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { request } from 'undici';
import { StepFailed } from '../../../core/failure.ts';
import { oneLine } from '../../../core/one-line.ts';
import { atPace, usualPace } from '../../../effects/at-pace.ts';
import type { Context } from '../../../effects/context.ts';
import type { Component } from './components.ts';
import type { Source } from './source.ts';

/** One file of a release: its place below the origin, the checksum beside it, and what is taken from it. */
interface ReleaseFile {
  readonly origin: 'kubernetes' | 'github';
  readonly path: string;
  /** The file with its SHA-256: the digest alone, or `digest  name` lines. */
  readonly checksum: string;
  /** A program's name where the file is the program; path in the archive → program's name where it is a .tar.gz. */
  readonly takes: string | Readonly<Record<string, string>>;
}

/** Where upstream publishes. `PTP_RELEASES` names a mirror with the folders `kubernetes` and `github`. */
const origins = { kubernetes: 'https://dl.k8s.io', github: 'https://github.com' };

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const largest = 512 * 1024 * 1024;

function filesOf(component: Component): readonly ReleaseFile[] {
  const { version } = component;
  const plain = version.slice(1);
  const github = (
    repository: string,
    file: string,
    checksum: string,
    takes: ReleaseFile['takes'],
  ): ReleaseFile => ({
    origin: 'github',
    path: `${repository}/releases/download/${version}/${file}`,
    checksum: `${repository}/releases/download/${version}/${checksum}`,
    takes,
  });
  switch (component.name) {
    case 'kubernetes':
      return (component.aliases ?? []).map((program) => ({
        origin: 'kubernetes',
        path: `release/${version}/bin/linux/${architecture}/${program}`,
        checksum: `release/${version}/bin/linux/${architecture}/${program}.sha256`,
        takes: program,
      }));
    case 'containerd': {
      const file = `containerd-static-${plain}-linux-${architecture}.tar.gz`;
      const plugins = `cni-plugins-linux-${architecture}-v1.9.1.tgz`;
      const cni = `containernetworking/plugins/releases/download/v1.9.1/${plugins}`;
      return [
        github('containerd/containerd', file, `${file}.sha256sum`, {
          'bin/containerd': 'containerd',
          'bin/containerd-shim-runc-v2': 'containerd-shim-runc-v2',
        }),
        {
          origin: 'github',
          path: cni,
          checksum: `${cni}.sha256`,
          takes: {
            './bridge': 'bridge',
            './host-local': 'host-local',
            './loopback': 'loopback',
            './portmap': 'portmap',
          },
        },
      ];
    }
    case 'runc':
      return [github('opencontainers/runc', `runc.${architecture}`, 'runc.sha256sum', 'runc')];
    case 'etcd': {
      const folder = `etcd-${version}-linux-${architecture}`;
      return [github('etcd-io/etcd', `${folder}.tar.gz`, 'SHA256SUMS', { [`${folder}/etcd`]: 'etcd' })];
    }
    case 'registry': {
      const file = `registry_${plain}_linux_${architecture}.tar.gz`;
      return [github('distribution/distribution', file, `${file}.sha256`, { registry: 'registry' })];
    }
    case 'coredns': {
      const file = `coredns_${plain}_linux_${architecture}.tgz`;
      return [github('coredns/coredns', file, `${file}.sha256`, { coredns: 'coredns' })];
    }
    default:
      return [];
  }
}

/**
 * Downloads upstream's own release files, each checked against the checksum that upstream publishes beside it.
 * Components whose upstream publishes no program of its own (cert-manager, local-path) or whose documents come from
 * a module (Traefik's Gateway API definitions) are compiled.
 */
export const releaseSource: Source & { has(component: Component): boolean } = {
  name: 'release',
  has: (component) => filesOf(component).length > 0,
  available: async () => ({ ok: true }),
  key: async (_context, component) =>
    createHash('sha256')
      .update(JSON.stringify(filesOf(component)))
      .digest('hex')
      .slice(0, 16),
  obtain: async (context, component, folder, progress) => {
    await mkdir(join(folder, 'bin'), { recursive: true });
    const files = filesOf(component);
    for (const [index, file] of files.entries()) {
      progress(index / files.length, file.path.split('/').at(-1) ?? file.path);
      const bytes = await download(context, file.origin, file.path);
      await check(context, file, bytes);
      await place(file, bytes, join(folder, 'bin'));
    }
  },
};

async function check(context: Context, file: ReleaseFile, bytes: Buffer): Promise<void> {
  const name = file.path.split('/').at(-1) ?? '';
  const text = (await download(context, file.origin, file.checksum)).toString('utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/));
  const want =
    lines.length === 1 ? lines[0]?.[0] : lines.find((line) => line[1]?.replace(/^\.\//, '') === name)?.[0];
  const have = createHash('sha256').update(bytes).digest('hex');
  if (want !== have) {
    throw new StepFailed({
      what: `${name} has the SHA-256 ${have}, but its publisher says ${want ?? 'nothing of it'}`,
      next: 'Something changed the file on its way; nothing of it was used. Try again, or set PTP_SOURCE=go.',
    });
  }
}

async function place(file: ReleaseFile, bytes: Buffer, folder: string): Promise<void> {
  if (typeof file.takes === 'string') return program(join(folder, file.takes), bytes);
  const wanted = new Map(Object.entries(file.takes));
  const found = await programsIn(bytes, wanted).catch((error: unknown) => {
    throw new StepFailed(
      {
        what: `${file.path} is no archive that can be read: ${oneLine((error as Error).message, 100)}`,
        next: 'Try again, or set PTP_SOURCE=go to compile instead.',
      },
      { cause: error },
    );
  });
  const missing = [...wanted.values()].filter((name) => !found.has(name));
  if (missing.length > 0) {
    const next = 'Set PTP_SOURCE=go to compile instead.';
    throw new StepFailed({ what: `${file.path} holds no ${missing.join(', ')}`, next });
  }
  for (const [name, content] of found) await program(join(folder, name), content);
}

async function programsIn(
  bytes: Buffer,
  wanted: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const tar = extract();
  tar.end(gunzipSync(bytes, { maxOutputLength: largest }));
  for await (const entry of tar) {
    const name = entry.header.type === 'file' ? wanted.get(entry.header.name) : undefined;
    if (name === undefined) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.set(name, Buffer.concat(chunks));
  }
  return found;
}

async function program(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  await chmod(path, 0o755);
}

async function download(context: Context, origin: ReleaseFile['origin'], path: string): Promise<Buffer> {
  const mirror = process.env.PTP_RELEASES;
  let url = mirror === undefined ? `${origins[origin]}/${path}` : `${mirror}/${origin}/${path}`;
  try {
    for (let redirects = 0; redirects < 5; redirects++) {
      const answer = await answerOf(context, url);
      const location = answer.headers.location;
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
        await discard(answer.body);
        url = new URL(location, url).href;
        continue;
      }
      if (answer.statusCode !== 200) {
        await discard(answer.body);
        const next = 'Look at the mirror that PTP_RELEASES names, or set PTP_SOURCE=go to compile instead.';
        throw new StepFailed({ what: `${url} answered ${answer.statusCode}`, next });
      }
      return await bytesOf(answer.body, url);
    }
    throw new StepFailed({
      what: `${url} redirects without end`,
      next: 'Set PTP_SOURCE=go to compile instead.',
    });
  } catch (error) {
    if (error instanceof StepFailed) throw error;
    throw new StepFailed(
      {
        what: `${url} could not be downloaded: ${oneLine((error as Error).message, 160)}`,
        next: 'Check the network, or install Go and set PTP_SOURCE=go to compile instead.',
      },
      { cause: error },
    );
  }
}

const longestWait = 30_000;

async function answerOf(context: Context, url: string): ReturnType<typeof request> {
  // undici's own timeouts begin anew with each byte, of an endless head as well.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error('no answer in time')), longestWait);
  const signal = AbortSignal.any([context.signal, late.signal]);
  try {
    return await request(url, { signal, headersTimeout: 0, bodyTimeout: 0 });
  } finally {
    clearTimeout(timer);
  }
}

async function bytesOf(body: Readable, url: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of atPace(body, usualPace, () => new Error('its bytes come too slowly'))) {
    size += piece.byteLength;
    if (size > largest) {
      throw new StepFailed({
        what: `${url} has more than ${largest} bytes, and no release is that large`,
        next: 'Look at the mirror that PTP_RELEASES names, or set PTP_SOURCE=go to compile instead.',
      });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Reads away what nobody wants; what is long or slow costs its connection. */
async function discard(body: Awaited<ReturnType<typeof request>>['body']): Promise<void> {
  await body.dump({ limit: 65_536, signal: AbortSignal.timeout(5_000) }).catch(() => {});
}

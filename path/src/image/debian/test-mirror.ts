import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createCleartextMessage, generateKey, type PrivateKey, readKey, sign } from 'openpgp';
import { pack } from 'tar-stream';
import { debianArchitecture } from './plan.ts';

/** The moment at which tests take place. */
export const today = new Date('2026-06-15T12:00:00Z');
export const day = 24 * 60 * 60 * 1000;

/** An entry of a package made for a test: a file's content, or a header of its own. */
export type TestEntry =
  | string
  | Buffer
  | { readonly type: string; readonly linkname?: string; readonly mode?: number };

/** A package made for a test. */
export interface TestPackage {
  readonly name: string;
  readonly version?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly entries?: Readonly<Record<string, TestEntry>>;
}

export const architecture = debianArchitecture(process.arch);

/** A tar archive of these entries, in the order given. */
export async function makeTar(entries: Readonly<Record<string, TestEntry>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, entry] of Object.entries(entries)) {
    if (typeof entry === 'string' || Buffer.isBuffer(entry))
      archive.entry({ name, mode: 0o644 }, Buffer.from(entry as string));
    else archive.entry({ name, mode: 0o755, ...entry } as Parameters<typeof archive.entry>[0]);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** An `ar` archive of these members. */
export function makeAr(members: Readonly<Record<string, Buffer>>): Buffer {
  const parts: Buffer[] = [Buffer.from('!<arch>\n')];
  for (const [name, content] of Object.entries(members)) {
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`;
    parts.push(Buffer.from(`${header}${String(content.length).padEnd(10)}\`\n`), content);
    if (content.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}

/** A package's file. */
export async function makeDeb({
  name,
  version = '1.0',
  fields = {},
  entries = {},
}: TestPackage): Promise<Buffer> {
  const control = Object.entries({ Package: name, Version: version, Architecture: architecture, ...fields })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
  const sums = Object.entries(entries)
    .filter(([, entry]) => typeof entry === 'string' || Buffer.isBuffer(entry))
    .map(
      ([path, entry]) =>
        `${createHash('md5')
          .update(entry as string)
          .digest('hex')}  ${path.replace('./', '')}\n`,
    );
  return makeAr({
    'debian-binary': Buffer.from('2.0\n'),
    'control.tar.gz': gzipSync(await makeTar({ './control': control, './md5sums': sums.join('') })),
    'data.tar.gz': gzipSync(await makeTar(entries)),
  });
}

/** What one suite of the mirror says. */
export interface TestSuite {
  readonly date?: Date;
  readonly validUntil?: Date;
  readonly codename?: string;
  readonly byHash?: boolean;
  /** The key that signs; the mirror's own where it is absent. */
  readonly key?: PrivateKey;
}

/** A Debian mirror on this machine, with a signing key of its own. Its files can be altered as an attacker would. */
export class TestMirror {
  /** By path below the archive's address, beginning with `/debian/` or `/debian-security/`. */
  readonly files = new Map<string, Buffer>();
  /** The paths that were asked for. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #port: number;
  readonly #key: PrivateKey;
  /** The path of the file with the key that signs its releases. */
  readonly keyring: string;

  static async start(folder: string): Promise<TestMirror> {
    const { privateKey, publicKey } = await makeKey();
    const keyring = join(folder, 'keyring.asc');
    await writeFile(keyring, publicKey.armor());
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const mirror = new TestMirror(server, privateKey, keyring);
    await mirror.publish('trixie-updates', []);
    await mirror.publish('trixie-security', []);
    return mirror;
  }

  private constructor(server: Server, key: PrivateKey, keyring: string) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.#key = key;
    this.keyring = keyring;
    server.on('request', (request, response) => {
      this.requests.push(request.url ?? '');
      const content = this.files.get(request.url ?? '');
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
  }

  /** The variables that make the tool use this mirror. */
  get environment(): Readonly<Record<string, string>> {
    return { PTP_DEBIAN_MIRROR: `http://127.0.0.1:${this.#port}/debian`, PTP_DEBIAN_KEYRING: this.keyring };
  }

  /** Puts packages, their index and a signed release into a suite. */
  async publish(suite: string, packages: readonly TestPackage[], options: TestSuite = {}): Promise<void> {
    const root = suite.endsWith('-security') ? '/debian-security' : '/debian';
    const paragraphs: string[] = [];
    for (const one of packages) {
      const deb = await makeDeb(one);
      const version = one.version ?? '1.0';
      const path = `pool/main/${one.name}_${version}_${architecture}.deb`;
      this.files.set(`${root}/${path}`, deb);
      const fields = {
        Package: one.name,
        Version: version,
        Architecture: architecture,
        ...one.fields,
        Filename: path,
        Size: String(deb.length),
        SHA256: sha256(deb),
      };
      paragraphs.push(
        Object.entries(fields)
          .map(([key, value]) => `${key}: ${value}\n`)
          .join(''),
      );
    }
    const index = Buffer.from(paragraphs.join('\n'));
    const compressed = gzipSync(index);
    const stem = `main/binary-${architecture}`;
    const { byHash = true } = options;
    const place = byHash ? `${stem}/by-hash/SHA256/${sha256(compressed)}` : `${stem}/Packages.gz`;
    this.files.set(`${root}/dists/${suite}/${place}`, compressed);
    const release = [
      'Origin: Test',
      `Suite: test-${suite}`,
      `Codename: ${options.codename ?? suite}`,
      `Date: ${(options.date ?? today).toUTCString()}`,
      ...(options.validUntil === undefined ? [] : [`Valid-Until: ${options.validUntil.toUTCString()}`]),
      ...(byHash ? ['Acquire-By-Hash: yes'] : []),
      `Architectures: all ${architecture}`,
      'SHA256:',
      ` ${sha256(index)} ${index.length} ${stem}/Packages`,
      ` ${sha256(compressed)} ${compressed.length} ${stem}/Packages.gz`,
    ];
    const message = await createCleartextMessage({ text: `${release.join('\n')}\n` });
    const signed = await sign({
      message,
      signingKeys: options.key ?? this.#key,
      date: new Date(today.getTime() - day),
    });
    this.files.set(`${root}/dists/${suite}/InRelease`, Buffer.from(signed));
  }

  /** Changes what the mirror serves at the paths that match. Throws where there is none, so no test passes by accident. */
  alter(pattern: RegExp, change: (content: Buffer) => Buffer | undefined): void {
    const found = [...this.files].filter(([path]) => pattern.test(path));
    if (found.length === 0) throw new Error(`the mirror has nothing like ${pattern}`);
    for (const [path, content] of found) {
      const changed = change(content);
      if (changed === undefined) this.files.delete(path);
      else this.files.set(path, changed);
    }
  }

  /** Ends it; a second time does nothing. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A key to sign releases with. */
export async function makeKey() {
  const made = await generateKey({
    type: 'ecc',
    userIDs: [{ name: 'Test Archive' }],
    date: new Date(today.getTime() - 30 * day),
    format: 'object',
  });
  return { privateKey: made.privateKey, publicKey: await readKey({ armoredKey: made.publicKey.armor() }) };
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

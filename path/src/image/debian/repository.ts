import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { StoredBlob } from '../../core/handover.ts';
import { limits } from '../../core/limits.ts';
import type { Context } from '../../effects/context.ts';
import { temporaryName } from '../../effects/temporary.ts';
import { tellDamage } from '../../oci/damage.ts';
import { readSealed, sealedEnding, writeSealed } from '../../oci/sealed.ts';
import type { Store } from '../../oci/store.ts';
import { decompress } from './decompress.ts';
import type { LockedPackage, LockRequest } from './lock.ts';
import { type Archive, findArchives, type MirrorOptions, packagedKeyring } from './mirror.ts';
import { MirrorClient } from './mirror-client.ts';
import { PackageGone } from './mirror-failure.ts';
import { type ArchiveName, type PackageIndex, readIndex } from './package-index.ts';
import { keyOf, suitesOf } from './plan.ts';
import { type Release, readRelease } from './release.ts';
import { verifiedText } from './signature.ts';

const mostRelease = limits.mirror.release.most;
const mostIndex = limits.mirror.index.most;
const indexType = 'application/vnd.debian.packages-index';
const packageType = 'application/vnd.debian.binary-package';

type Clients = Readonly<Record<ArchiveName, { readonly archive: Archive; readonly client: MirrorClient }>>;

/** A Debian mirror: what it has, verified by signature, and its packages, verified by digest. */
export class Repository {
  readonly #context: Context;
  readonly #store: Store;
  readonly #folder: string;
  readonly #clients: Readonly<
    Record<ArchiveName, { readonly archive: Archive; readonly client: MirrorClient }>
  >;

  /** Opens the mirror that this machine uses. Throws UserMistake where it names none. */
  static async open(
    context: Context,
    store: Store,
    folder: string,
    options?: MirrorOptions,
  ): Promise<Repository> {
    const archives = await findArchives(context, options);
    const client = (archive: Archive) => ({ archive, client: new MirrorClient(context, archive) });
    return new Repository(context, store, folder, {
      main: client(archives.main),
      security: client(archives.security),
    });
  }

  private constructor(context: Context, store: Store, folder: string, clients: Clients) {
    this.#context = context;
    this.#store = store;
    this.#folder = folder;
    this.#clients = clients;
  }

  /** The newest packages of a release with its updates. Throws StepFailed where the mirror can't be trusted. */
  async index(request: Pick<LockRequest, 'suite' | 'architecture'>): Promise<PackageIndex> {
    const texts = await Promise.all(
      suitesOf(request.suite).map(async ({ archive, suite }) => {
        const text = await this.#indexText(archive, suite, request.architecture);
        return text === undefined ? [] : [{ archive, text }];
      }),
    );
    return readIndex(texts.flat(), request.architecture);
  }

  /** A package's file. Throws PackageGone where the mirror has it no longer, StepFailed where it was altered. */
  async package(wanted: LockedPackage): Promise<StoredBlob> {
    const { client } = this.#clients[wanted.archive];
    const blob = await client.blob(wanted.path, wanted, this.#store, packageType);
    if (blob === undefined) {
      throw new PackageGone({
        what: `the mirror has ${wanted.name} ${wanted.version} no longer: ${client.address(wanted.path)}`,
        next: 'Choose packages anew, or use a mirror that keeps old ones (PTP_DEBIAN_MIRROR).',
      });
    }
    return blob;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#clients).map(({ client }) => client.close()));
  }

  async #indexText(archive: ArchiveName, suite: string, architecture: string): Promise<string | undefined> {
    const { client } = this.#clients[archive];
    const release = await this.#release(archive, suite, architecture);
    if (release === undefined) return undefined;
    const stem = `main/binary-${architecture}/Packages`;
    for (const name of [`${stem}.xz`, `${stem}.gz`, stem]) {
      const file = release.files.get(name);
      if (file === undefined || file.size > mostIndex) continue;
      const folder = name.slice(0, name.lastIndexOf('/'));
      const paths = [...(release.byHash ? [`${folder}/by-hash/SHA256/${file.sha256}`] : []), name];
      for (const path of paths) {
        const blob = await client.blob(`dists/${suite}/${path}`, file, this.#store, indexType);
        if (blob !== undefined)
          return this.#unpacked(blob, name, Math.min(release.files.get(stem)?.size ?? mostIndex, mostIndex));
      }
    }
    throw new StepFailed({
      what: `${client.address(`dists/${suite}`)} has no index of packages for ${architecture}`,
      next: 'Try again later or use another mirror (PTP_DEBIAN_MIRROR).',
    });
  }

  /** Undefined where the mirror lacks the updates' suite, as partial mirrors do. Nothing else may be missing. */
  async #release(archive: ArchiveName, suite: string, architecture: string): Promise<Release | undefined> {
    const { archive: source, client } = this.#clients[archive];
    const path = `dists/${suite}/InRelease`;
    const url = client.address(path);
    const signed = await client.text(path, mostRelease);
    if (signed === undefined) {
      const what = `the mirror has no ${suite}: ${url}`;
      if (suite.endsWith('-updates')) {
        this.#context.emit({ kind: 'note', step: 'image', text: what });
        return undefined;
      }
      const variable = archive === 'security' ? 'PTP_DEBIAN_SECURITY_MIRROR' : 'PTP_DEBIAN_MIRROR';
      throw new StepFailed({ what, next: `Use a mirror that has it (${variable}), or another suite.` });
    }
    const now = this.#context.clock.now();
    const read = async (text: string) => {
      const trust = { signedBy: source.signedBy, keyring: packagedKeyring };
      const expected = { suite, architecture, now, checkValidUntil: source.checkValidUntil, url };
      return readRelease(await verifiedText(text, trust, now, url), expected);
    };
    const release = await read(signed);
    if (release.validUntil !== undefined && release.validUntil < now) {
      const text = `${url} was valid until ${release.validUntil.toISOString()}; apt on this machine is told not to mind`;
      this.#context.emit({ kind: 'note', step: 'image', text });
    }

    // A mirror may lag, and an attacker may replay: once a newer release was seen, an older one is not taken.
    const memory = join(this.#folder, 'releases', keyOf([url, architecture]) + sealedEnding);
    const damaged = () => tellDamage(this.#context.emit, `what was last seen of ${suite}`, memory);
    const known = (await readSealed(memory, damaged)) as string | undefined;
    const newer = known === undefined ? undefined : await read(known).catch(() => undefined);
    if (newer !== undefined && newer.date > release.date) {
      const dates = `${release.date.toISOString()}, but one of ${newer.date.toISOString()} was seen before`;
      this.#context.emit({
        kind: 'note',
        step: 'image',
        text: `${url} is of ${dates}; the newer one is used`,
      });
      return newer;
    }
    if (known !== signed) await writeSealed(memory, signed);
    return release;
  }

  async #unpacked(blob: StoredBlob, name: string, limit: number): Promise<string> {
    const scratch = join(this.#folder, temporaryName('scratch'));
    try {
      await mkdir(scratch);
      const path = await decompress(this.#context, { path: blob.path, name, limit }, scratch);
      // latin1 keeps the fields that matter, all ASCII, and half the memory
      return await readFile(path, 'latin1');
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

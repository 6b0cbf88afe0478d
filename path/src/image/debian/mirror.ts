import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { type HttpOptions, parseAptOptions } from './apt-options.ts';
import type { ArchiveName } from './package-index.ts';
import { archiveOf, parseSources, type Source } from './sources.ts';

/** One of Debian's archives on the mirror that this machine uses. */
export interface Archive {
  readonly name: ArchiveName;
  /** Without a slash at its end. */
  readonly url: string;
  /** Paths of keyrings, fingerprints or an armoured key: who may sign its releases. */
  readonly signedBy: readonly string[];
  readonly checkValidUntil: boolean;
  readonly http: HttpOptions;
}

/** Where to look; all of it is the machine's own by default. */
export interface MirrorOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** apt's folder. */
  readonly apt?: string;
}

/** Where the package debian-archive-keyring puts Debian's keys. */
export const packagedKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Finds the mirror: PTP_DEBIAN_MIRROR and PTP_DEBIAN_SECURITY_MIRROR where they are set, otherwise what apt's sources
 * on this machine name, whatever release the machine itself runs. Throws UserMistake where neither tells.
 */
export async function findArchives(
  context: Context,
  options: MirrorOptions = {},
): Promise<Readonly<Record<ArchiveName, Archive>>> {
  const environment = options.environment ?? process.env;
  const apt = options.apt ?? '/etc/apt';
  const sources = await machineSources(apt);
  const dump = await aptConfiguration(context);
  const archive = (name: ArchiveName, url: string | undefined, source: Source | undefined): Archive => {
    if (url === undefined) throw noMirror(name, apt);
    const http = parseAptOptions(dump, schemeOf(url));
    const keyring = environment.PTP_DEBIAN_KEYRING;
    const signedBy = keyring ? [keyring] : source?.signedBy.length ? source.signedBy : [packagedKeyring];
    const checkValidUntil = http.checkValidUntil && (source?.checkValidUntil ?? true);
    return { name, url: url.replace(/\/+$/u, ''), signedBy, checkValidUntil, http };
  };

  const own = environment.PTP_DEBIAN_MIRROR;
  if (own) {
    // mirrors keep the security archive beside the main one, by this name
    const security = environment.PTP_DEBIAN_SECURITY_MIRROR || `${own.replace(/\/+$/u, '')}-security`;
    return { main: archive('main', own, undefined), security: archive('security', security, undefined) };
  }
  const main = sources.find((source) => archiveOf(source) === 'main');
  const security = sources.find((source) => archiveOf(source) === 'security');
  const given = environment.PTP_DEBIAN_SECURITY_MIRROR;
  return {
    main: archive('main', await firstUrl(main), main),
    security: archive('security', given || (await firstUrl(security)), given ? undefined : security),
  };
}

function schemeOf(url: string): 'http' | 'https' {
  if (url.startsWith('https://')) return 'https';
  if (url.startsWith('http://')) return 'http';
  throw new UserMistake({
    what: `the Debian mirror's address begins with neither http:// nor https://: ${url.split(':', 1)[0] ?? ''}:…`,
    next: 'Set PTP_DEBIAN_MIRROR to the address of a Debian mirror.',
  });
}

async function machineSources(apt: string): Promise<readonly Source[]> {
  const folder = join(apt, 'sources.list.d');
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => /\.(?:list|sources)$/u.test(name))
    .sort();
  const paths = [join(apt, 'sources.list'), ...names.map((name) => join(folder, name))];
  const all: Source[] = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '');
    try {
      all.push(...parseSources(path, text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      // apt itself refuses such a file; another vendor's broken file is no reason to stop here
    }
  }
  return all;
}

/** The source's first address; `mirror+file:` names a file that lists them (apt-transport-mirror(1)). */
async function firstUrl(source: Source | undefined): Promise<string | undefined> {
  for (const uri of source?.uris ?? []) {
    if (/^https?:\/\//u.test(uri)) return uri;
    const list = /^mirror\+file:(?:\/\/)?(?<path>\/.+)$/u.exec(uri)?.groups?.path;
    if (list === undefined) continue;
    const text = await readFile(list, 'utf8').catch(() => '');
    const found = text.split(/\s+/u).find((word) => /^https?:\/\//u.test(word));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function aptConfiguration(context: Context): Promise<string> {
  const program = await context.processes.find('apt-config');
  if (program === undefined) return '';
  const outcome = await context.processes.run({ program, args: ['dump'], signal: context.signal });
  return outcome.code === 0 ? outcome.stdout : '';
}

function noMirror(name: ArchiveName, apt: string): UserMistake {
  const security = name === 'security';
  return new UserMistake({
    what: `this machine's apt names no mirror of Debian's ${security ? 'security updates' : 'packages'}`,
    where: { file: join(apt, 'sources.list.d') },
    next: security
      ? 'Set PTP_DEBIAN_SECURITY_MIRROR to the address of a mirror of debian-security.'
      : 'Set PTP_DEBIAN_MIRROR to the address of a Debian mirror, and PTP_DEBIAN_KEYRING to the file with its keys.',
  });
}

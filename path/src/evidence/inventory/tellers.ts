import { parseControl } from '../../core/control.ts';
import type { Found } from './facts.ts';

/** A file of a layer that tells of packages, and how it is read. Reading takes what others wrote: it never throws. */
export interface Teller {
  readonly path: RegExp;
  /** Bytes; a longer file tells nothing. */
  readonly most: number;
  readonly read: (text: string) => readonly Found[];
}

const mebibyte = 2 ** 20;

/** The files that tell of packages. */
export const tellers: readonly Teller[] = [
  // dpkg's database, or a file for each package in images that have no dpkg.
  { path: /^var\/lib\/dpkg\/status$/u, most: 32 * mebibyte, read: debianPackages },
  { path: /^var\/lib\/dpkg\/status\.d\/(?:(?!\.md5sums$)[^/])+$/u, most: mebibyte, read: debianPackages },
  // A package's own package.json, not one of a folder in it.
  {
    path: /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/u,
    most: 4 * mebibyte,
    read: npmPackage,
  },
  { path: /^(?:usr\/lib|etc)\/os-release$/u, most: mebibyte, read: release },
];

/** Paragraphs of dpkg's status (deb-control(5)): what is installed. */
export function debianPackages(text: string): readonly Found[] {
  let paragraphs: ReturnType<typeof parseControl>;
  try {
    paragraphs = parseControl(text);
  } catch {
    return [];
  }
  return paragraphs.flatMap((fields): Found[] => {
    const [name, version, architecture] = [
      fields.get('package'),
      fields.get('version'),
      fields.get('architecture'),
    ];
    if (name === undefined || version === undefined || architecture === undefined) return [];
    // Removed packages leave a paragraph behind with their settings.
    if (!/\binstalled$/u.test(fields.get('status') ?? 'installed')) return [];
    const [, source = name, sourceVersion = version] =
      /^(\S+)(?:\s+\(([^)]+)\))?$/u.exec(fields.get('source') ?? '') ?? [];
    return [{ type: 'deb', name, version, architecture, source, sourceVersion }];
  });
}

/** A package.json with a name and a version. */
export function npmPackage(text: string): readonly Found[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const { name, version, license } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof version !== 'string') return [];
  const said = typeof license === 'string' ? license : objectsType(license);
  return [{ type: 'npm', name, version, ...(said === undefined ? {} : { license: said }) }];
}

/** npm's old way: `{ "type": "MIT", "url": … }`. */
function objectsType(license: unknown): string | undefined {
  if (typeof license !== 'object' || license === null || !('type' in license)) return undefined;
  return typeof license.type === 'string' ? license.type : undefined;
}

/** os-release(5). */
export function release(text: string): readonly Found[] {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const [, key = '', value = ''] = /^([A-Z_]+)=["']?(.*?)["']?\s*$/u.exec(line) ?? [];
      return key === '' ? [] : [[key, value] as const];
    }),
  );
  const id = fields.get('ID');
  if (id === undefined) return [];
  const version = fields.get('VERSION_ID') ?? '';
  return [{ type: 'os', id, version, title: fields.get('PRETTY_NAME') ?? id }];
}

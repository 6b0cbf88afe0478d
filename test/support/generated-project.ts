import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';

/** A file of a generated project. */
export interface GeneratedFile {
  /** The names that lead to it. */
  readonly path: readonly string[];
  readonly content:
    | { readonly bytes: Uint8Array; readonly executable: boolean }
    | { readonly target: string };
}

/** How a project's files come to be on the disk; none of it is part of a source. */
export interface Arrival {
  /** Files are made in the order of a number that this and their path give. */
  readonly order: number;
  readonly times: number;
  /** Of files that may not be run; those that may have the same with the right to. */
  readonly mode: number;
  readonly by: 'writing' | 'git archive';
}

const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }),
    fc.constantFrom(
      ' ',
      'a b',
      '-rf',
      '~',
      '*',
      '$HOME',
      "'",
      '"',
      '\\',
      '%00',
      'é',
      'e\u0301',
      'İ',
      'ß',
      '文件',
      '🙂',
    ),
    fc.string({ minLength: 90, maxLength: 120, unit: fc.constantFrom(...'abcxyz.-_') }),
  )
  .filter((text) => text.isWellFormed() && !/[/\0\n]/.test(text) && !/^\.{1,2}$|^\.wh\.|^\.git$/iu.test(text))
  .filter((text) => Buffer.byteLength(text) < 200);
const content = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      bytes: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(Buffer.alloc(200_000, 'again '))),
      executable: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ target: name.filter((text) => !text.startsWith('-')) }) },
);

/** Files with any names, contents, executable bits, and links; no file where another one needs a folder. */
export const generatedFiles: fc.Arbitrary<readonly GeneratedFile[]> = fc
  .array(fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }), content }), { maxLength: 25 })
  .map((files) =>
    files.filter(
      ({ path }, index) =>
        !files.some(
          (other, at) =>
            at !== index && isAbove(other.path, path) && (at < index || !isAbove(path, other.path)),
        ),
    ),
  );

export const arrivals: fc.Arbitrary<Arrival> = fc.record({
  order: fc.integer(),
  times: fc.integer({ min: 1, max: 2_000_000_000 }),
  mode: fc.constantFrom(0o600, 0o644, 0o664, 0o666),
  by: fc.constantFrom('writing', 'git archive'),
});

/** Whether a path is another's beginning, or the same. */
function isAbove(one: readonly string[], other: readonly string[]): boolean {
  return one.every((part, index) => part === other[index]);
}

const page = `
  import { cpSync, writeFileSync } from 'node:fs';
  cpSync('public', 'dist', { recursive: true, verbatimSymlinks: true });
  const names = Object.keys(process.env).filter((name) => !/^npm_|^_$|^INIT_CWD$/i.test(name)).sort();
  const said = [new Date(0).toString(), (1234.5).toLocaleString(), process.env.SOURCE_DATE_EPOCH, names];
  writeFileSync('dist/index.html', JSON.stringify(said), { mode: 0o777 });
`;

/** A workspace of an application, a package that it needs, and a page that is built; each has the generated files. */
function documents(): Readonly<Record<string, string>> {
  const base = `registry.example/base@sha256:${'a'.repeat(64)}`;
  const members = {
    'apps/web': {
      name: 'web',
      version: '1.0.0',
      type: 'module',
      scripts: { start: 'node main.js' },
      dependencies: { '@x/shared': '1.0.0' },
    },
    'apps/page': { name: 'page', version: '1.0.0', type: 'module', scripts: { build: 'node build.mjs' } },
    'packages/shared': { name: '@x/shared', version: '1.0.0', exports: './index.js' },
  };
  const links = Object.entries(members).map(([path, { name }]) => [
    `node_modules/${name}`,
    { resolved: path, link: true },
  ]);
  const root = { name: 'generated', workspaces: ['apps/*', 'packages/*'] };
  const json = (value: unknown) => JSON.stringify(value, undefined, 2);
  return {
    'ptp.yaml': `name: generated\ncomponents:\n  web:\n    source: apps/web\n    route: /\n    base: ${base}\n  page:\n    source: apps/page\n    route: /page\n    base: ${base}\n`,
    'package.json': json({ ...root, private: true }),
    'package-lock.json': json({
      lockfileVersion: 3,
      packages: { '': root, ...members, ...Object.fromEntries(links) },
    }),
    ...Object.fromEntries(Object.entries(members).map(([path, own]) => [`${path}/package.json`, json(own)])),
    'apps/web/main.js': "import '@x/shared';\n",
    'apps/page/build.mjs': page,
    'apps/page/index.html': '<!doctype html>',
    'apps/page/public/one.css': 'a { color: red }\n'.repeat(100),
    'packages/shared/index.js': 'export {};\n',
  };
}

const places = ['apps/web/files', 'apps/page/public/files', 'packages/shared/files'];

/**
 * Puts a generated project into a new folder.
 * @param called what its folder is called
 * @returns the folder's absolute path; remove the one above it
 */
export function writeProject(files: readonly GeneratedFile[], arrival: Arrival, called = 'project'): string {
  const above = mkdtempSync(join(tmpdir(), 'ptp-generated-'));
  chmodSync(above, 0o755);
  const folder = join(above, called);
  const all: readonly GeneratedFile[] = [
    ...Object.entries(documents()).map(([path, text]) => ({
      path: path.split('/'),
      content: { bytes: Buffer.from(text), executable: false },
    })),
    ...places.flatMap((place) =>
      files.map(({ path, content }) => ({ path: [...place.split('/'), ...path], content })),
    ),
  ];
  const rank = ({ path }: GeneratedFile) => Math.imul(arrival.order ^ hash(path.join('/')), 0x9e3779b1);
  for (const { path, content } of all.toSorted((one, other) => rank(one) - rank(other))) {
    const at = join(folder, ...path);
    mkdirSync(dirname(at), { recursive: true });
    if ('target' in content) {
      symlinkSync(content.target, at);
    } else {
      writeFileSync(at, content.bytes);
      chmodSync(at, content.executable ? arrival.mode | 0o100 : arrival.mode);
    }
  }
  if (arrival.by === 'git archive') throughGit(folder);
  for (const [index, path] of readdirSync(folder, { recursive: true, encoding: 'utf8' }).entries())
    lutimesSync(join(folder, path), arrival.times + index, arrival.times - index);
  return folder;
}

/** Commits a folder and puts what the archive that git makes of the commit holds in its place. */
export function throughGit(folder: string): void {
  const settings = [
    'core.protectNTFS=false',
    'core.protectHFS=false',
    'core.autocrlf=false',
    'user.name=a',
    'user.email=a@example.com',
  ];
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...settings.flatMap((one) => ['-c', one]), ...args], {
      cwd: folder,
      maxBuffer: 1 << 30,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  git('init', '--quiet');
  git('add', '--all', '--force');
  git('commit', '--quiet', '--message', 'all', '--no-gpg-sign');
  const archive = git('archive', 'HEAD');
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: archive });
}

function hash(text: string): number {
  let value = 0;
  for (const unit of Buffer.from(text)) value = Math.imul(value ^ unit, 0x01000193);
  return value;
}

import { expect, test } from 'vitest';
import type { LayerEntry } from '../layer.ts';
import { completed, groundOf, layOut } from './content.ts';
import { isKept } from './kept.ts';
import type { PackageEntry } from './unpack.ts';

const common = { uid: 0, gid: 0, mode: 0o755 };
const file = (path: string, mode = 0o755): PackageEntry => ({
  ...common,
  path,
  mode,
  kind: 'file',
  size: 0,
  content: () => Buffer.of(),
  at: async () => Buffer.of(),
});
const packageOf = (name: string, ...entries: PackageEntry[]) => ({
  name,
  unpacked: { control: '', checksums: '', entries },
});
const nothing = { folders: {}, links: [] };

test('of linked files the first by path is the file, for a layer names files before links to them', () => {
  const tree = layOut([
    packageOf(
      'perl',
      file('usr/bin/perl'),
      { ...common, path: 'bin/a', kind: 'hardlink', target: 'usr/bin/perl' },
      { ...common, path: 'usr/bin/z', kind: 'hardlink', target: 'usr/bin/perl' },
    ),
  ]);
  const found = ['usr/bin/a', 'usr/bin/perl', 'usr/bin/z'].map((path) => tree.get(path));
  expect(found).toMatchObject([
    { kind: 'file' },
    { kind: 'hardlink', target: 'usr/bin/a' },
    { kind: 'hardlink', target: 'usr/bin/a' },
  ]);
});

test('no file can raise its user’s rights; folders keep their sticky bit', () => {
  const tree = layOut([
    packageOf('a', file('usr/bin/su', 0o4755), { ...common, mode: 0o3777, path: 'tmp', kind: 'folder' }),
  ]);
  expect(tree.get('usr/bin/su')?.mode).toBe(0o755);
  expect(tree.get('tmp')?.mode).toBe(0o1777);
});

test('folders and equal links may come from several packages, files may not', () => {
  const link: PackageEntry = { ...common, path: 'usr/share/x', kind: 'symlink', target: 'y' };
  const folder: PackageEntry = { ...common, path: 'usr', kind: 'folder' };
  expect(layOut([packageOf('a', folder, link), packageOf('b', folder, link)]).size).toBe(2);
  expect(() => layOut([packageOf('a', link), packageOf('b', { ...link, target: 'z' })])).toThrow(
    'b and a both bring /usr/share/x',
  );
});

test('folders that are missing get the rights they have in the layers below', () => {
  const below: LayerEntry[] = [
    { ...common, path: 'root', mode: 0o700, kind: 'folder' },
    { ...common, path: 'bin', kind: 'symlink', target: 'usr/bin' },
  ];
  const ground = groundOf(below, nothing);
  expect(completed([file('root/app/x')], ground).map(({ path, mode }) => [path, mode])).toEqual([
    ['root', 0o700],
    ['root/app', 0o755],
    ['root/app/x', 0o755],
  ]);
  expect(() => completed([file('bin/x')], ground)).toThrow("/bin/x can't be put behind /bin");
  expect(() => completed([file('a'), file('a/b')], nothing)).toThrow('no folder');
});

test.each([
  ['usr/share/doc/a/copyright', true],
  ['usr/share/doc/libgcc-s1', true],
  ['usr/share/doc/a/examples/x', false],
  ['usr/share/man/man1/a.1.gz', false],
  ['usr/share/locale/de/LC_MESSAGES/a.mo', false],
  ['usr/lib/locale/C.utf8/LC_CTYPE', true],
  ['usr/share/manual', true],
  ['lib/systemd/system/a.service', false],
  ['usr/share/postgresql/17/man/man1/x', false],
  ['usr/share/postgresql/17/postgres.bki', true],
])('%s is kept: %s', (path, kept) => {
  expect(isKept(path)).toBe(kept);
});

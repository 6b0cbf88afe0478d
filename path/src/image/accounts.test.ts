import { expect, test } from 'vitest';
import { furnishingEntries } from './accounts.ts';

const user = { uid: 70, gid: 71, name: 'postgres', home: '/var/lib/postgresql' };
const find = (entries: ReturnType<typeof furnishingEntries>, path: string) =>
  entries.find((entry) => entry.path === path);
const text = (entry: ReturnType<typeof find>) =>
  entry?.kind === 'file' ? Buffer.from(entry.content() as Uint8Array).toString() : undefined;

test('an image has its account, a home, and /tmp for everyone', () => {
  const entries = furnishingEntries({ user });
  expect(text(find(entries, 'etc/passwd'))).toContain(
    '\npostgres:x:70:71::/var/lib/postgresql:/usr/sbin/nologin\n',
  );
  expect(text(find(entries, 'etc/group'))).toContain('\npostgres:x:71:\n');
  expect(find(entries, 'tmp')).toMatchObject({ kind: 'folder', mode: 0o1777 });
  expect(find(entries, 'var/lib/postgresql')).toMatchObject({ mode: 0o700, uid: 70, gid: 71 });
  expect(find(entries, 'var/lib')).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
});

test('folders and files that are given replace those that every image has', () => {
  const entries = furnishingEntries({
    user,
    folders: [{ path: '/var/lib/postgresql/', mode: 0o750, uid: 1, gid: 2 }],
    files: [{ path: '/etc/passwd', mode: 0o600, content: 'mine' }],
  });
  expect(find(entries, 'var/lib/postgresql')).toMatchObject({ mode: 0o750, uid: 1, gid: 2 });
  expect(text(find(entries, 'etc/passwd'))).toBe('mine');
  expect(entries.map(({ path }) => path)).toEqual([...new Set(entries.map(({ path }) => path))].sort());
});

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { digestOf } from '../oci/digest.ts';
import { writeSealed } from '../oci/sealed.ts';
import { readSourceTree, treeKey } from './source-tree.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'sources-'));
const all = () => true;

function remembering() {
  const events: Event[] = [];
  return { cache: newFolder(), events, emit: (event: Event) => events.push(event) };
}

test('files, links and executable bits, sorted, whatever the order they were made in', async () => {
  const names = ['b', 'a', 'c c', 'ä', '文', ' lead', "qu'ote", 'dash-', '\\', 'e\u0301'];
  const keys = [names, names.toReversed()].map(async (order) => {
    const folder = newFolder();
    for (const name of order) writeFileSync(join(folder, name), name === 'b' ? '' : name);
    mkdirSync(join(folder, 'x'));
    symlinkSync('../a', join(folder, 'x/link'));
    chmodSync(join(folder, 'a'), 0o700);
    return treeKey(await readSourceTree(folder, all));
  });
  const [one, other] = await Promise.all(keys);
  expect(one).toEqual(other);
  expect(one).toContainEqual(['a', digestOf('a').slice(7), true]);
  expect(one).toContainEqual(['x/link', '->', '../a']);
  expect(one).toHaveLength(names.length + 1);
});

test.each([
  ['a line break', 'a\nb', /line break/],
  ['the prefix that deletes', '.wh.passwd', /deletes another/],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0xff]), /not UTF-8/],
])("%s in a name is the user's mistake, unless the file is left out", async (_, name, message) => {
  const folder = newFolder();
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), '');
  await expect(readSourceTree(folder, all)).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(message),
  });
  expect(await readSourceTree(folder, () => false)).toEqual([]);
});

test('U+FFFD itself may be in a name', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, '\uFFFD'), '');
  expect(await readSourceTree(folder, all)).toHaveLength(1);
});

test.skipIf(process.getuid?.() !== 0)("a file without rights is the user's mistake", () => {
  const folder = newFolder();
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'secret'), '', { mode: 0o600 });
  const script = `
    import { readSourceTree } from ${JSON.stringify(join(import.meta.dirname, 'source-tree.ts'))};
    process.setuid(65534);
    await readSourceTree(${JSON.stringify(folder)}, () => true).catch(({ name, message }) => console.log(name, message));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stdout).toMatch(/^UserMistake .*\/secret: this file may not be read/);
});

test('contents are read again only where size, times or inode differ', async () => {
  const context = remembering();
  const folder = newFolder();
  writeFileSync(join(folder, 'a'), 'one');
  const settled = () => Date.now() - statSync(join(folder, 'a')).ctimeMs > 150;
  await expect.poll(settled).toBe(true);
  await readSourceTree(folder, all, context);
  // What is remembered is believed: a lie in a whole record is told on.
  const [name = ''] = readdirSync(join(context.cache, 'stat/sources'));
  const { size, ino, mtimeNs, ctimeNs } = statSync(join(folder, 'a'), { bigint: true });
  await writeSealed(join(context.cache, 'stat/sources', name), [
    ['a', [[size, ino, mtimeNs, ctimeNs].join(' '), 'lie']],
  ]);
  expect(treeKey(await readSourceTree(folder, all, context))).toEqual([['a', 'lie', false]]);
  expect(context.events).toEqual([]);
  // And one in a damaged record is not.
  writeFileSync(join(context.cache, 'stat/sources', name), 'nonsense');
  expect(treeKey(await readSourceTree(folder, all, context))).toEqual([
    ['a', digestOf('one').slice(7), false],
  ]);
  expect(context.events).toMatchObject([
    { kind: 'warning', problem: { what: expect.stringContaining('damaged') } },
  ]);
});

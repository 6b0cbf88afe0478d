import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeAbandoned, temporaryName } from './temporary.ts';

/** The name that a process gives which has ended. */
function nameOfTheDead(name: string): string {
  const script = `import { temporaryName } from '${join(import.meta.dirname, 'temporary.ts')}'; console.log(temporaryName('${name}'))`;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  }).stdout.trim();
}

test('what a process left that has ended goes, folders with their content; what one makes that lives stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
  const [dead, alive] = [nameOfTheDead('stage-'), temporaryName('stage-')];
  expect(dead).toMatch(/^stage-~\d+-\d+-[0-9a-f]{8}~/);
  for (const name of [dead, alive, 'a.json']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'file'), '');
  }
  await removeAbandoned(folder);
  expect(readdirSync(folder).sort()).toEqual(['a.json', alive].sort());
});

test('what was made elsewhere goes when it is a day older than the last change of its folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
  const name = temporaryName('a.json').replace(/-[0-9a-f]{8}~/, '-00000000~');
  const old = `${name.slice(0, -1)}${name.endsWith('0') ? '1' : '0'}`;
  for (const one of [name, old]) writeFileSync(join(folder, one), '');
  const then = new Date(Date.now() - 25 * 60 * 60 * 1000);
  utimesSync(join(folder, old), then, then);
  await removeAbandoned(folder);
  expect(readdirSync(folder)).toEqual([name]);
});

test('folders below are looked into as deep as is said, without those that are excepted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
  const dead = nameOfTheDead('a.json');
  for (const below of ['one', 'one/two', 'one/two/three', 'except']) {
    mkdirSync(join(folder, below), { recursive: true });
    writeFileSync(join(folder, below, dead), '');
  }
  await removeAbandoned(folder, { depth: 2, except: ['except'] });
  const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith(dead),
  );
  expect(left.sort()).toEqual([`except/${dead}`, `one/two/three/${dead}`]);
});

test('a folder that is not there holds nothing', async () => {
  await removeAbandoned(join(tmpdir(), 'no-such-folder'));
});

import { execFileSync } from 'node:child_process';
import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Processes } from '../effects/processes.ts';
import { selfSigned } from '../effects/self-signed.fixture.ts';
import { createWorld, shop, type World } from './testing/world.ts';
import { type TrustPlaces, trust } from './trust.ts';

const { certificate: first } = await selfSigned('shop.localhost');
const { certificate: second } = await selfSigned('shop.localhost');
const certutil = await access('/usr/bin/certutil').then(
  () => true,
  () => false,
);

let world: World;
let places: TrustPlaces;
let calls: string[];

beforeEach(async () => {
  world = await createWorld();
  calls = [];
  places = { machine: join(world.folder, 'machine'), root: true, home: join(world.folder, 'home') };
});
afterEach(() => world.remove());

/** The machine's programs, but for the one that would change the machine itself. */
function processes(without: readonly string[] = []): Processes {
  const real = world.context.processes;
  return {
    start: real.start,
    find: async (program) => {
      if (without.includes(program)) return undefined;
      return program === 'update-ca-certificates' ? `/usr/sbin/${program}` : real.find(program);
    },
    run: async (command) => {
      if (!command.program.endsWith('update-ca-certificates')) return real.run(command);
      calls.push(command.args.join(' '));
      return { code: 0, stdout: '', stderr: '' };
    },
  };
}

async function trusted(authority: string | undefined, at = places, without: readonly string[] = []) {
  const context = { ...world.context, processes: processes(without) };
  const { stores } = await trust(context, shop(), authority, at);
  return Object.fromEntries(stores.map(({ name, change }) => [name, change]));
}

const inMachine = () => readdir(places.machine).catch(() => []);
const inDatabase = (folder: string) =>
  execFileSync('certutil', ['-d', `sql:${join(places.home, folder)}`, '-L'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.startsWith('ptp-'))
    .map((line) => line.replace(/\s+/g, ' ').trim());

test.skipIf(!certutil)(
  'the machine and the browsers are told once, and forget again without the authority',
  async () => {
    expect(await trusted(first)).toMatchObject({ 'this machine': 'added', Chromium: 'added' });
    expect(await inMachine()).toEqual([expect.stringMatching(/^ptp-shop-[0-9a-f]{8}\.crt$/)]);
    expect(inDatabase('.pki/nssdb')).toEqual([expect.stringMatching(/^ptp-shop-[0-9a-f]{8} C,,$/)]);
    expect(await trusted(first)).toMatchObject({ 'this machine': 'unchanged', Chromium: 'unchanged' });
    expect(calls).toEqual(['']);
    expect(await trusted(undefined)).toEqual({ 'this machine': 'removed', Chromium: 'removed' });
    expect([await inMachine(), inDatabase('.pki/nssdb'), await readdir(world.context.cache)]).toEqual([
      [],
      [],
      [],
    ]);
    expect(calls).toEqual(['', '--fresh']);
    expect(await trusted(undefined)).toEqual({ 'this machine': 'unchanged', Chromium: 'unchanged' });
  },
);

test.skipIf(!certutil)(
  'an authority that the system had before goes, those of other systems stay',
  async () => {
    await trusted(first);
    const [before] = await inMachine();
    await world.write({ 'machine/ptp-shop-two-01234567.crt': first, 'machine/of-the-company.crt': first });
    expect(await trusted(second)).toMatchObject({ 'this machine': 'added', Chromium: 'added' });
    const after = await inMachine();
    expect(after).toHaveLength(3);
    expect(after).not.toContain(before);
    expect(after).toEqual(expect.arrayContaining(['ptp-shop-two-01234567.crt', 'of-the-company.crt']));
    expect(inDatabase('.pki/nssdb')).toHaveLength(1);
  },
);

test.skipIf(!certutil)('Firefox has a store for each profile', async () => {
  const profile = '.mozilla/firefox/abc.default';
  await mkdir(join(places.home, profile), { recursive: true });
  execFileSync('certutil', ['-d', `sql:${join(places.home, profile)}`, '-N', '--empty-password']);
  await world.write({ 'home/.mozilla/firefox/profiles.ini': '' });
  expect(await trusted(first)).toMatchObject({ Firefox: 'added' });
  expect(inDatabase(profile)).toHaveLength(1);
});

test('who may not, or lacks a program, is told what to do, and nothing is changed', async () => {
  expect(await trusted(first, { ...places, root: false }, ['certutil'])).toEqual({
    'this machine': 'not-possible',
    Chromium: 'not-possible',
    'Node.js': 'not-possible',
  });
  expect(await inMachine()).toEqual([]);
  expect(await trusted(first, places, ['certutil', 'update-ca-certificates'])).toMatchObject({
    'this machine': 'not-possible',
  });
  expect(await inMachine()).toEqual([]);
  expect(calls).toEqual([]);
});

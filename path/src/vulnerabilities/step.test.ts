import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { usualPolicy, type VulnerabilityPolicy } from '../project/policy.ts';
import { type LookOptions, lookForVulnerabilities } from './step.ts';
import {
  allEntries,
  debianAdvisory,
  debianEntry,
  goEntry,
  maliciousEntry,
  npmEntry,
} from './testing/entries.ts';
import {
  entryFolder,
  entryZip,
  fakeMirror,
  goNet,
  imageOf,
  lodash,
  newContext,
  newFolder,
  openssl,
} from './testing/world.ts';
import { zipOf } from './testing/zip.ts';

type Context = ReturnType<typeof newContext>;

/** Looks with a database and a policy; returns the report, or the problems that stop. */
async function look(
  database: string,
  policy: Partial<VulnerabilityPolicy> = {},
  { context = newContext(), images = [imageOf([lodash])], ...more }: LookOptions & Given = {},
) {
  const project = { folder: '/project', vulnerabilities: { ...usualPolicy, database, ...policy } };
  return lookForVulnerabilities(context, project, images, { env: {}, ...more });
}
interface Given {
  readonly context?: Context;
  readonly images?: readonly ReturnType<typeof imageOf>[];
}

async function stopped(work: Promise<unknown>): Promise<UserMistake> {
  const error: unknown = await work.then(
    () => new Error('nothing stopped it'),
    (reason: unknown) => reason,
  );
  if (error instanceof UserMistake) return error;
  throw error;
}

test('a critical vulnerability with a fix stops the release, and says where it is and what to do', async () => {
  const context = newContext();
  const { problems } = await stopped(look(entryFolder(allEntries), {}, { context }));
  expect(problems).toEqual([
    {
      what: 'lodash 4.17.20 in backend has a known vulnerability (critical)',
      where: { package: 'pkg:npm/lodash@4.17.20' },
      next: expect.stringMatching(
        /^Run `npm update lodash` \(fixed in 4\.17\.21\), or accept it .*id: CVE-2026-0001/,
      ),
      details: [
        'CVE-2026-0001 (GHSA-aaaa-bbbb-cccc), critical, fixed in 4.17.21: Prototype pollution in lodash',
      ],
    },
  ]);
  expect(context.events).toContainEqual({
    kind: 'vulnerabilities-looked-up',
    step: 'inspect',
    looked: true,
    packages: 1,
    databaseDate: debianAdvisory.modified.replace('Z', '.000Z'),
    findings: [
      {
        ids: ['CVE-2026-0001', 'GHSA-aaaa-bbbb-cccc'],
        severity: 'critical',
        purl: 'pkg:npm/lodash@4.17.20',
        images: ['backend'],
        verdict: 'block',
        fixed: '4.17.21',
      },
    ],
  });
});

test('the version with the fix goes through', async () => {
  const mended = { ...lodash, version: '4.17.21', purl: 'pkg:npm/lodash@4.17.21' };
  const context = newContext();
  const report = await look(entryFolder(allEntries), {}, { context, images: [imageOf([mended])] });
  expect(report).toMatchObject({ looked: true, findings: [] });
  expect(context.warnings()).toEqual([]);
});

test('findings of all ecosystems are told at once, each once, with the images that have them', async () => {
  const images = [imageOf([lodash, openssl], 'gateway'), imageOf([openssl, goNet], 'shop')];
  const { problems } = await stopped(look(entryFolder(allEntries), {}, { images }));
  expect(problems.map(({ what, details }) => [what, details])).toEqual([
    [
      'golang.org/x/net v0.37.0 in shop has a known vulnerability (critical)',
      [
        'CVE-2026-0004 (GHSA-dddd-eeee-ffff, GO-2026-0004), critical, fixed in 0.38.0: http2 memory exhaustion',
      ],
    ],
    [
      'libssl3t64 3.5.1-1 in gateway, shop has a known vulnerability (critical)',
      ['CVE-2026-0002 (DEBIAN-CVE-2026-0002), critical, fixed in 3.5.1-1+deb13u1'],
    ],
    ['lodash 4.17.20 in gateway has a known vulnerability (critical)', [expect.any(String)]],
  ]);
  expect(problems[1]?.next).toMatch(/^Delete ptp\.lock and run `ptp up`: .*fixed in 3\.5\.1-1\+deb13u1/);
  expect(problems[0]?.next).toMatch(/^Run `go get golang\.org\/x\/net@v0\.38\.0`/);
});

test('what is accepted with a reason goes through, by any of its names', async () => {
  for (const id of ['CVE-2026-0001', 'GHSA-aaaa-bbbb-cccc']) {
    const accept = [{ id, reason: 'no input of users reaches it', until: '2026-06-01' }];
    const report = await look(entryFolder(allEntries), { accept });
    expect(report.findings).toMatchObject([
      { verdict: 'accepted', reason: 'no input of users reaches it', fixed: '4.17.21' },
    ]);
  }
});

test('what was accepted until yesterday stops the release, and one message says why', async () => {
  const accept = [{ id: 'CVE-2026-0001', reason: 'later', until: '2026-05-31' }];
  const { problems } = await stopped(look(entryFolder(allEntries), { accept }));
  expect(problems).toHaveLength(2);
  expect(problems[1]).toEqual({
    what: 'CVE-2026-0001 was accepted until 2026-05-31, which is past: it is not accepted any more',
    where: { file: '/project/ptp.yaml', key: 'vulnerabilities.accept' },
    next: 'Look at it again: take the fix, or give it another date.',
  });
});

test('an acceptance ends with its day though nothing else changed', async () => {
  const context = newContext('2026-05-31T23:59:59Z');
  const database = entryFolder(allEntries);
  const accept = [{ id: 'CVE-2026-0001', reason: 'later', until: '2026-05-31' }];
  await look(database, { accept }, { context });
  context.at('2026-06-01T00:00:00Z');
  await stopped(look(database, { accept }, { context }));
});

test('a Debian advisory of several vulnerabilities is accepted when all of them are', async () => {
  const images = [imageOf([openssl])];
  const database = entryFolder([debianAdvisory]);
  const one = { id: 'CVE-2026-0002', reason: 'a', until: '2026-12-31' };
  const policy = { block: 'medium' } as const;
  await stopped(look(database, { ...policy, accept: [one] }, { images }));
  const accept = [one, { ...one, id: 'CVE-2026-0003' }];
  expect((await look(database, { ...policy, accept }, { images })).findings).toMatchObject([
    { verdict: 'accepted' },
  ]);
});

test('below the threshold it is a warning, below that one it is silent, and none stops nothing', async () => {
  const high = { ...npmEntry, severity: [], database_specific: { severity: 'HIGH' } };
  const context = newContext();
  const report = await look(entryFolder([high]), {}, { context });
  expect(report.findings).toMatchObject([{ severity: 'high', verdict: 'warn' }]);
  expect(context.warnings()).toMatchObject([
    { what: 'lodash 4.17.20 in backend has a known vulnerability (high)' },
  ]);
  const quiet = newContext();
  await look(entryFolder([high]), { warn: 'critical' }, { context: quiet });
  expect(quiet.warnings()).toEqual([]);
  await stopped(look(entryFolder([high]), { block: 'high' }));
  await look(entryFolder([npmEntry]), { block: 'none' });
});

test('without a fix it is a warning, unless the policy says otherwise', async () => {
  const [affected] = npmEntry.affected;
  const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }] }];
  const database = entryFolder([{ ...npmEntry, affected: [{ ...affected, ranges }] }]);
  const context = newContext();
  await look(database, {}, { context });
  expect(context.warnings()).toMatchObject([{ next: expect.stringContaining('wait for a fix') }]);
  await stopped(look(database, { unfixed: 'block' }));
});

test('a malicious package stops the release though nothing mends it', async () => {
  const { problems } = await stopped(look(entryFolder([maliciousEntry])));
  expect(problems).toMatchObject([
    { what: 'lodash 4.17.20 in backend is malicious', next: expect.stringMatching(/^Remove lodash/) },
  ]);
});

test("Debian's word that what it builds is not affected stands above the vector", async () => {
  const affected = debianEntry.affected.map((one) => ({
    ...one,
    ecosystem_specific: { urgency: 'unimportant' },
  }));
  const report = await look(
    entryFolder([{ ...debianEntry, affected }]),
    {},
    { images: [imageOf([openssl])] },
  );
  expect(report.findings).toMatchObject([{ severity: 'low', verdict: 'quiet' }]);
});

test('a vulnerability that nobody rated counts as medium', async () => {
  const images = [imageOf([goNet])];
  expect((await look(entryFolder([goEntry]), {}, { images })).findings).toMatchObject([{ verdict: 'quiet' }]);
  await stopped(look(entryFolder([goEntry]), { block: 'medium' }, { images }));
});

test('a database whose newest entry is older than a week is said to be old', async () => {
  const context = newContext('2026-06-08T00:00:00Z');
  const images = [imageOf([openssl])];
  const mended = { ...openssl, version: '3.5.2-1', purl: 'pkg:deb/debian/libssl3t64@3.5.2-1' };
  await look(entryFolder(allEntries), {}, { context, images: [imageOf([mended])] });
  expect(context.warnings()).toMatchObject([
    { what: 'the database of vulnerabilities is old: what it knows is of 2026-05-31' },
  ]);
  await stopped(look(entryFolder(allEntries), {}, { context, images }));
});

test('the same packages are looked up once in the same database: no index is read again', async () => {
  const context = newContext();
  const database = entryFolder(allEntries);
  await stopped(look(database, {}, { context }));
  const index = join(context.cache, 'osv/index');
  const [made] = readdirSync(index);
  if (made === undefined) throw new Error('no index');
  for (const name of readdirSync(join(index, made)))
    if (!name.startsWith('about')) rmSync(join(index, made, name));
  const again = await stopped(look(database, {}, { context }));
  expect(again.problems).toHaveLength(1);
  expect(context.warnings()).toEqual([]);
});

test('an index that lost a part is made again', async () => {
  const context = newContext();
  const database = entryFolder(allEntries);
  await stopped(look(database, {}, { context }));
  const index = join(context.cache, 'osv/index');
  const [made = ''] = readdirSync(index);
  for (const name of readdirSync(join(index, made)))
    if (!name.startsWith('about')) writeFileSync(join(index, made, name), 'damaged');
  rmSync(join(context.cache, 'osv/found'), { recursive: true });
  expect((await stopped(look(database, {}, { context }))).problems).toHaveLength(1);
});

test('a changed database is read anew, and the index of the former one goes', async () => {
  const context = newContext();
  const database = entryFolder([goEntry]);
  expect((await look(database, {}, { context })).findings).toEqual([]);
  entryFolder([npmEntry], database);
  await stopped(look(database, {}, { context }));
  expect(readdirSync(join(context.cache, 'osv/index'))).toHaveLength(1);
});

test('a mirror is asked by ecosystem, once in six hours, and sends only what is new', async () => {
  const archives = { npm: entryZip([npmEntry]), Debian: entryZip([debianEntry]) };
  const mirror = await fakeMirror(archives);
  const context = newContext();
  const images = [imageOf([lodash, openssl])];
  const go = async () => (await stopped(look(mirror.url, {}, { context, images }))).problems.length;
  expect(await go()).toBe(2);
  expect(mirror.asked.toSorted()).toEqual(['/Debian%3A13/all.zip', '/Debian/all.zip', '/npm/all.zip']);
  expect(await go()).toBe(2);
  expect(mirror.asked).toHaveLength(3);
  context.at('2026-06-01T19:00:00Z');
  expect(await go()).toBe(2);
  expect(mirror.asked.slice(3).filter((one) => one.startsWith('/npm'))).toEqual([
    `/npm/all.zip "${archives.npm.length}"`,
  ]);
  mirror.archives.npm = entryZip([goEntry]);
  context.at('2026-06-02T19:00:00Z');
  expect(await go()).toBe(1);
});

test('a mirror that stops answering leaves what it said before, until that is old', async () => {
  const mirror = await fakeMirror({ npm: entryZip([npmEntry]) });
  const context = newContext();
  await stopped(look(mirror.url, {}, { context }));
  mirror.goDown();
  context.at('2026-06-02T12:00:00Z');
  await stopped(look(mirror.url, {}, { context }));
  expect(context.warnings()).toEqual([]);
  const before = mirror.asked.length;
  await stopped(look(mirror.url, {}, { context }));
  expect(mirror.asked).toHaveLength(before);
  context.at('2026-06-12T12:00:00Z');
  await stopped(look(mirror.url, {}, { context }));
  expect(context.warnings()).toMatchObject([
    { what: expect.stringContaining('is old'), details: [expect.stringContaining('answered 503')] },
  ]);
});

test('without a database it is said that nobody looked; the policy may want one', async () => {
  const mirror = await fakeMirror({});
  mirror.goDown();
  const context = newContext();
  expect(await look(mirror.url, {}, { context })).toMatchObject({ looked: false, findings: [] });
  expect(context.warnings()).toMatchObject([
    {
      what: 'nobody looked for known vulnerabilities in the images: there is no database of them',
      details: [expect.stringContaining('answered 503')],
    },
  ]);
  expect(context.events).toContainEqual(
    expect.objectContaining({ kind: 'vulnerabilities-looked-up', looked: false }),
  );
  await expect(look(mirror.url, { withoutDatabase: 'block' }, { context })).rejects.toBeInstanceOf(
    StepFailed,
  );
});

test('what a database knows nothing of is told, and the rest is looked up', async () => {
  const mirror = await fakeMirror({ npm: entryZip([npmEntry]) });
  const images = [imageOf([lodash, goNet])];
  for (const [database, why] of [
    [mirror.url, /^Go: .* has no vulnerabilities of Go$/],
    [entryFolder([npmEntry]), /^Go: no entry is about one$/],
  ] as const) {
    const context = newContext();
    expect((await stopped(look(database, {}, { context, images }))).problems).toHaveLength(1);
    expect(context.warnings()).toMatchObject([
      {
        what: 'nobody looked for known vulnerabilities in some packages: the database knows none like them',
        details: [expect.stringMatching(why)],
      },
    ]);
    await expect(look(database, { withoutDatabase: 'block' }, { images })).rejects.toBeInstanceOf(StepFailed);
  }
});

test('PTP_OSV stands above ptp.yaml; a path where nothing is, is a mistake', async () => {
  await stopped(look('/nowhere', {}, { env: { PTP_OSV: entryFolder(allEntries) } }));
  const { problems } = await stopped(look('/nowhere'));
  expect(problems).toMatchObject([
    {
      what: 'there is no database of vulnerabilities at /nowhere',
      where: { key: 'vulnerabilities.database' },
    },
  ]);
});

const bomb = Buffer.alloc(20 * 1024 * 1024);
const hostile: readonly (readonly [string, Uint8Array])[] = [
  ['no archive', Buffer.from('<html>sign in</html>')],
  ['a bomb', zipOf({ 'a.json': bomb })],
  ['a small bomb', zipOf({ 'a.json': bomb.subarray(0, 1024 * 1024) })],
  ['a bomb that promises little', zipOf({ 'a.json': bomb }, { size: 100 })],
  ['an encrypted archive', zipOf({ 'a.json': JSON.stringify(npmEntry) }, { flags: 1 })],
  ['an archive that is packed otherwise', zipOf({ 'a.json': JSON.stringify(npmEntry) }, { method: 14 })],
  ['an archive that was cut off', entryZip(allEntries).subarray(0, 400)],
  ['an archive of something else', zipOf({ 'a.json': '{"name":"a"}', 'b.json': '[' })],
];
test.each(hostile)('%s is refused as a database', async (_, bytes) => {
  const file = join(newFolder(), 'all.zip');
  writeFileSync(file, bytes);
  const context = newContext();
  expect(await look(file, {}, { context })).toMatchObject({ looked: false });
  expect(context.warnings()).toMatchObject([
    { details: [expect.stringContaining("can't be read as a database")] },
  ]);
  await expect(look(file, { withoutDatabase: 'block' })).rejects.toBeInstanceOf(StepFailed);
});

test('one document that is no entry hides no other, and is told', async () => {
  const context = newContext();
  const folder = entryFolder([npmEntry]);
  writeFileSync(join(folder, 'broken.json'), '{');
  await stopped(look(folder, {}, { context }));
  expect(context.warnings()).toMatchObject([
    { what: expect.stringMatching(/^1 documents .* were not understood/) },
  ]);
});

test('security updates that Debian has of what is locked are told', async () => {
  const context = newContext();
  const pending = [{ name: 'libssl3t64', version: '3.5.1-1', newer: '3.5.1-1+deb13u1' }];
  await look(entryFolder([npmEntry]), { block: 'none', warn: 'none' }, { context, pending });
  expect(context.warnings()).toMatchObject([
    {
      what: 'Debian has a security update of packages that ptp.lock pins',
      details: ['libssl3t64 3.5.1-1 → 3.5.1-1+deb13u1'],
      next: 'Delete ptp.lock and run `ptp up`: it locks the newest Debian packages.',
    },
  ]);
});

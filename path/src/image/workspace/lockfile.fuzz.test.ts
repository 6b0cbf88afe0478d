import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserMistake } from '../../core/failure.ts';
import { fuzzed, fuzzTime } from '../../core/fuzz.test-support.ts';
import { type Closure, closureOf } from './closure.ts';
import { findWorkspace, readPackageJson } from './find-workspace.ts';
import { installFiles } from './install.ts';
import { readLockfile } from './lockfile.ts';
import { placePackages } from './placement.ts';

const timeout = fuzzTime;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-lockfile-fuzz-'));
  await mkdir(join(folder, 'apps/one'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

/** The result, or undefined where the mistake was told with its file. */
async function told<Result>(work: () => Promise<Result> | Result): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    for (const { what, where, next = '' } of error.problems) {
      expect(where?.file).toContain(folder);
      expect(what).not.toMatch(
        /[\p{Cc}\p{Cs}]|Invalid input|Unexpected token|call stack|\bundefined\b|\[object/u,
      );
      expect(what.length).toBeLessThan(600);
      expect(next).not.toBe('');
    }
    return undefined;
  }
}

function isPlain(path: string): boolean {
  return (
    path !== '' &&
    !path.startsWith('/') &&
    posix.normalize(path) === path &&
    !/(^|\/)\.\.(\/|$)|[\\\0]/.test(path)
  );
}

const odd = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  fc.constantFrom('../x', '/etc', '', 'node_modules', '__proto__', true),
);
const manifestKeys = fc.constantFrom(
  ...[
    'name',
    'version',
    'type',
    'main',
    'files',
    'scripts',
    'dependencies',
    'devDependencies',
    'overrides',
    '__proto__',
  ],
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((all) => Buffer.from(all)),
  fc.json().map((text) => Buffer.from(text)),
  fc.dictionary(manifestKeys, odd).map((all) => Buffer.from(JSON.stringify(all))),
  fc
    .constantFrom(
      '\ufeff{"name":"x"}',
      '['.repeat(100_000),
      `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      '{"__proto__":{"name":"x"}}',
    )
    .map((text) => Buffer.from(text)),
);

test('any package.json and any package-lock.json are read, or told', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async (content) => {
      await Promise.all(
        ['package.json', 'package-lock.json'].map((name) => writeFile(join(folder, name), content)),
      );
      await told(() => readPackageJson(folder));
      await told(() => readLockfile(folder));
      await told(() => findWorkspace(folder));
    }),
    fuzzed(100),
  );
});

test('a byte order mark is no part of a package.json', async () => {
  await writeFile(join(folder, 'package.json'), '\ufeff{"name":"marked"}');
  expect((await readPackageJson(folder)).name).toBe('marked');
});

test('a folder in the place of a package.json or a lockfile is told', async () => {
  const odder = join(folder, 'odd');
  await mkdir(join(odder, 'package.json'), { recursive: true });
  await mkdir(join(odder, 'package-lock.json'));
  expect(await told(() => readPackageJson(odder))).toBeUndefined();
  expect(await told(() => readLockfile(odder))).toBeUndefined();
});

const name = fc.constantFrom('a', 'b', 'c', '@s/a', 'one', 'two');
const badName = fc.constantFrom(
  '..',
  '../../../etc',
  'a/../../b',
  '/etc',
  'node_modules',
  '',
  '.',
  'toString',
  'constructor',
  '__proto__',
  'a\\b',
  '@s',
  'a/b/c',
);
const specs = (names: fc.Arbitrary<string>) =>
  fc.dictionary(names, fc.constantFrom('1', '^2'), { maxKeys: 4 });

/** Lockfiles of packages that need each other, in each way in which npm lays them out, and in ways it never would. */
const lockfiles = (names: fc.Arbitrary<string>, paths: fc.Arbitrary<string>) => {
  const found = fc.record(
    {
      version: fc.constantFrom('1.0.0', '2.0.0'),
      dependencies: specs(names),
      optionalDependencies: specs(names),
      peerDependencies: specs(names),
      devDependencies: specs(names),
      os: fc.constantFrom(['linux'], ['!linux'], []),
    },
    { requiredKeys: ['version'] },
  );
  const link = fc.record({
    link: fc.constant(true),
    resolved: fc.oneof(paths, fc.constantFrom('apps/one', 'apps/two')),
  });
  return fc.dictionary(paths, fc.oneof({ weight: 4, arbitrary: found }, { weight: 1, arbitrary: link }), {
    maxKeys: 14,
  });
};
const place = fc
  .tuple(
    fc.constantFrom('', 'apps/one/', 'apps/two/'),
    fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((all) => all.map((one) => `node_modules/${one}`).join('/')),
  )
  .map((parts) => parts.join(''));
const paths = fc.oneof(place, fc.constantFrom('', 'apps/one', 'apps/two'));
const badPaths = fc.oneof(
  place,
  fc.constantFrom(
    '../x',
    '../../../etc',
    '/etc',
    'node_modules/../../x',
    'constructor',
    '__proto__',
    '',
    'node_modules/',
    'a//b',
    './a',
    'a\\..\\b',
    'etc',
  ),
);

async function planned(
  packages: object,
  workspace: string,
): Promise<{ closure: Closure; placed: ReadonlyMap<string, string> } | undefined> {
  const document = { lockfileVersion: 3, packages: { '': {}, 'apps/one': {}, ...packages } };
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(document));
  const lockfile = await told(() => readLockfile(folder));
  if (lockfile === undefined) return undefined;
  return told(() => {
    const closure = closureOf(lockfile, [workspace], [workspace]);
    return { closure, placed: placePackages(closure, workspace) };
  });
}

function stays({ closure, placed }: { closure: Closure; placed: ReadonlyMap<string, string> }): void {
  for (const path of Object.keys(installFiles(closure, [], {}))) expect(isPlain(path)).toBe(true);
  for (const [at, from] of placed) {
    expect(isPlain(at)).toBe(true);
    expect(isPlain(from) || from === '').toBe(true);
  }
  for (const path of closure.packages.keys()) expect(isPlain(path)).toBe(true);
}

test('of any lockfile each package gets a place where whoever needs it finds it', { timeout }, async () => {
  let planable = 0;
  await fc.assert(
    fc.asyncProperty(lockfiles(name, paths), fc.constantFrom('', 'apps/one'), async (packages, workspace) => {
      const plan = await planned(packages, workspace);
      if (plan === undefined) return;
      planable += 1;
      stays(plan);
    }),
    fuzzed(200),
  );
  expect(planable).toBeGreaterThan(0);
});

test('no name, path or link of a lockfile leads out of the folder', { timeout }, async () => {
  const names = fc.oneof(name, badName);
  await fc.assert(
    fc.asyncProperty(
      lockfiles(names, badPaths),
      fc.constantFrom('', 'apps/one'),
      async (packages, workspace) => {
        const plan = await planned(packages, workspace);
        if (plan !== undefined) stays(plan);
      },
    ),
    fuzzed(200),
  );
});

test.each([
  [
    'a link out of the folder',
    { 'node_modules/a': { link: true, resolved: '../outside' }, '../outside': {} },
    'a',
  ],
  [
    'a link to the root of the file system',
    { 'node_modules/a': { link: true, resolved: '/etc' }, '/etc': {} },
    'a',
  ],
  ['a name with ..', { '../../etc': { version: '1' } }, '../../../etc'],
  ['a name that is another folder', { 'apps/two': {} }, 'x/../../apps/two'],
])('%s is told', async (_, packages, needed) => {
  await expect(
    planned({ '': { dependencies: { [needed]: '1' } }, ...packages }, ''),
  ).resolves.toBeUndefined();
});

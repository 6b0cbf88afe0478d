import { expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { LockRequest } from './lock.ts';
import { readIndex } from './package-index.ts';
import { resolve } from './resolve.ts';

type Fields = Readonly<Record<string, string>>;

const paragraph = (name: string, fields: Fields = {}) =>
  Object.entries({
    Package: name,
    Version: '1.0',
    Architecture: 'amd64',
    Filename: `pool/${name}.deb`,
    Size: '10',
    SHA256: 'a'.repeat(64),
    ...fields,
  })
    .map(([field, value]) => `${field}: ${value}`)
    .join('\n');

const indexOf = (...paragraphs: string[]) =>
  readIndex([{ archive: 'main', text: `${paragraphs.join('\n\n')}\n` }], 'amd64');

const wanting = (packages: string[], more: Partial<LockRequest> = {}): LockRequest => ({
  packages,
  without: [],
  closed: false,
  suite: 'trixie',
  architecture: 'amd64',
  ...more,
});

const names = (...given: Parameters<typeof resolve>) => resolve(...given).resolved.map(({ name }) => name);

test('dependencies are followed through cycles, each package once', () => {
  const index = indexOf(
    paragraph('app', { Depends: 'libc6 (>= 0.9), libgcc' }),
    paragraph('libc6', { 'Pre-Depends': 'libgcc' }),
    paragraph('libgcc', { Depends: 'libc6' }),
    paragraph('unrelated'),
  );
  const lock = resolve(wanting(['app']), index);
  expect(lock.resolved.map(({ name, depends }) => [name, depends])).toEqual([
    ['app', ['libc6', 'libgcc']],
    ['libc6', ['libgcc']],
    ['libgcc', ['libc6']],
  ]);
});

test('the newest version that fits is taken, from whichever archive has it', () => {
  const index = readIndex(
    [
      {
        archive: 'main',
        text: `${paragraph('app', { Depends: 'lib (<< 2)' })}\n\n${paragraph('lib', { Version: '1.9' })}`,
      },
      {
        archive: 'security',
        text: `${paragraph('lib', { Version: '1.10' })}\n\n${paragraph('lib', { Version: '2.0' })}`,
      },
    ],
    'amd64',
  );
  expect(resolve(wanting(['app']), index).resolved[1]).toMatchObject({
    version: '1.10',
    archive: 'security',
  });
});

test('the first alternative that can be had is taken, unless another is there already', () => {
  const index = indexOf(
    paragraph('app', { Depends: 'absent | second | third' }),
    paragraph('second'),
    paragraph('third'),
  );
  expect(names(wanting(['app']), index)).toEqual(['app', 'second']);
  expect(names(wanting(['app', 'third']), index)).toEqual(['app', 'third']);
});

test('a virtual package is had from its first provider by name; a version needs a versioned Provides', () => {
  const index = indexOf(
    paragraph('app', { Depends: 'mail' }),
    paragraph('exact', { Depends: 'mail (>= 3)' }),
    paragraph('zmail', { Provides: 'mail (= 3), other' }),
    paragraph('amail', { Provides: 'mail' }),
  );
  expect(names(wanting(['app']), index)).toEqual(['amail', 'app']);
  expect(names(wanting(['exact']), index)).toEqual(['exact', 'zmail']);
});

test('what `without` names and what only maintainer scripts need is left out, with all that only it needs', () => {
  const index = indexOf(
    paragraph('app', { Depends: 'perl, debconf (>= 0.5) | debconf-2.0, lib' }),
    paragraph('perl', { Depends: 'perl-base' }),
    paragraph('perl-base'),
    paragraph('debconf'),
    paragraph('lib'),
  );
  expect(names(wanting(['app'], { without: ['perl'] }), index)).toEqual(['app', 'lib']);
  expect(names(wanting(['app', 'debconf'], { without: ['perl'] }), index)).toContain('debconf');
});

test('a closed request takes the named packages alone', () => {
  const index = indexOf(paragraph('app', { Depends: 'lib' }), paragraph('lib'));
  expect(names(wanting(['app'], { closed: true }), index)).toEqual(['app']);
});

test('a package that is not there is the request’s mistake, and its providers are told', () => {
  const index = indexOf(
    paragraph('mawk', { Provides: 'awk' }),
    paragraph('foreign', { Architecture: 'arm64' }),
  );
  expect(() => resolve(wanting(['foreign']), index)).toThrow(UserMistake);
  expect(() => resolve(wanting(['awk']), index)).toThrow(
    expect.objectContaining({
      problems: [expect.objectContaining({ next: expect.stringContaining('mawk') })],
    }),
  );
});

test('a dependency that can’t be met fails and tells who wanted it', () => {
  const index = indexOf(
    paragraph('app', { Depends: 'middle' }),
    paragraph('middle', { Depends: 'lib (>= 2)' }),
    paragraph('lib'),
  );
  const attempt = () => resolve(wanting(['app', 'lib']), index);
  expect(attempt).toThrow(StepFailed);
  expect(attempt).toThrow(
    expect.objectContaining({
      problems: [
        expect.objectContaining({
          what: expect.stringContaining('lib (>= 2)'),
          details: ['wanted by app → middle', 'chosen already: lib 1.0'],
        }),
      ],
    }),
  );
});

test('the order in which packages are named does not matter', () => {
  const index = indexOf(
    paragraph('a', { Depends: 'x | y' }),
    paragraph('b', { Depends: 'y | x' }),
    paragraph('x'),
    paragraph('y'),
  );
  expect(names(wanting(['a', 'b']), index)).toEqual(['a', 'b', 'x']);
});

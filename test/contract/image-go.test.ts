import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { BuiltImage } from '../../path/src/core/handover.ts';
import type { GoImage } from '../../path/src/core/image-spec.ts';
import {
  baseReference,
  configurationOf,
  newContext,
  newFolder,
  pullBase,
  verbose,
  whys,
  write,
} from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';

/*
 * Programs compiled by the Go of this machine, of sources that need nothing but what comes with it and a module beside
 * them, on a base that stands for another. image-go-base.test.ts has the real one.
 */

const sources = {
  'app/go.mod':
    'module example.com/team/app/v2\n\ngo 1.24\n\nrequire example.com/lib v1.0.0\n\nreplace example.com/lib => ../lib\n',
  'app/main.go': `package main

import (
	_ "embed"
	"os"

	"example.com/lib"
	"example.com/team/app/v2/internal/words"
)

//go:embed text/*.txt
var files embed.FS

var version = "none"

func main() {
	text, _ := files.ReadFile("text/hello.txt")
	os.Stdout.WriteString(words.Join(string(text), lib.Name, version, os.Getenv("NAME")))
}
`.replace('_ "embed"', '"embed"'),
  'app/internal/words/words.go':
    'package words\n\nfunc Join(words ...string) (all string) {\n\tfor _, word := range words {\n\t\tall += word + ";"\n\t}\n\treturn\n}\n',
  'app/internal/words/words_test.go': 'package words\n',
  'app/text/hello.txt': 'hello',
  'lib/go.mod': 'module example.com/lib\n\ngo 1.24\n',
  'lib/lib.go': 'package lib\n\nconst Name = "lib"\n',
};

/** A folder with the sources, and a context that keeps what was asked of Go. */
function newApp(files: Readonly<Record<string, string>> = {}) {
  const folder = write(newFolder(), { ...sources, ...files });
  const context = newContext();
  const calls: string[] = [];
  const { processes } = context;
  return {
    folder,
    events: context.events,
    context: {
      ...context,
      processes: {
        ...processes,
        run: (command: Parameters<typeof processes.run>[0]) => {
          calls.push(command.args[0] ?? '');
          return processes.run(command);
        },
      },
    },
    /** What Go was asked since the last time. */
    asked: () => calls.splice(0).sort().join(' '),
  };
}
type App = ReturnType<typeof newApp>;

async function built(app: App, more: Partial<GoImage> = {}): Promise<BuiltImage> {
  const spec: GoImage = {
    name: 'app',
    builder: 'go',
    source: join(app.folder, 'app'),
    base: baseReference(),
    ...more,
  };
  const options = { projectFolder: app.folder, pull: pullBase(app.context) };
  const [image] = await buildImages(app.context, [spec], options);
  if (image === undefined) throw new Error('no image');
  return image;
}

const failed = (app: App, more?: Partial<GoImage>) =>
  built(app, more).then(
    () => expect.fail('it was built'),
    (error: unknown) => error,
  );

/** The program of an image as a file on this machine. */
function programOf(image: BuiltImage): string {
  const input = zstdDecompressSync(readFileSync(image.layers.at(-1)?.path ?? ''));
  const root = newFolder();
  execFileSync('tar', ['-xC', root], { input });
  return join(root, image.entrypoint[0] ?? '');
}

const run = (image: BuiltImage) => execFileSync(programOf(image), { encoding: 'utf8', env: { NAME: 'you' } });

/** Waits until files are so old that their times tell when they change again. */
async function settled(folder: string, paths: readonly string[]): Promise<void> {
  const newest = Math.max(0, ...paths.map((path) => statSync(join(folder, path)).ctimeMs));
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(newest + 200));
}

// Compiles Go's own packages where nobody has yet.
beforeAll(() => built(newApp()));
afterEach(() => void vi.unstubAllEnvs());

test('a program is alone in its layer, runs as nobody in particular, and knows its modules', async () => {
  const app = newApp();
  const image = await built(app);
  expect(
    verbose(image.layers[1]).map((line) => line.replace(/^(\S+) (\S+) +(\d+) (\S+) \S+/, '$1 $2 $4')),
  ).toEqual([
    'drwxr-xr-x 0/0 1970-01-01 usr/',
    'drwxr-xr-x 0/0 1970-01-01 usr/local/',
    'drwxr-xr-x 0/0 1970-01-01 usr/local/bin/',
    '-rwxr-xr-x 0/0 1970-01-01 usr/local/bin/app',
  ]);
  expect(configurationOf(image).config).toMatchObject({
    User: '65532:65532',
    Entrypoint: ['/usr/local/bin/app'],
    StopSignal: 'SIGTERM',
    Labels: { 'org.opencontainers.image.revision': expect.stringMatching(/^sha256:/) },
  });
  expect(run(image)).toBe('hello;lib;none;you;');
  const program = programOf(image);
  const known = execFileSync('go', ['version', '-m', program], { encoding: 'utf8' });
  expect(known).toMatch(/dep\s+example\.com\/lib\s+v1\.0\.0\n\s*=>\s+\.\.\/lib/);
  expect(known).toMatch(/CGO_ENABLED=0/);
  expect(readFileSync(program).includes(app.folder)).toBe(false);
});

test('the same sources give the same digest, whatever folder, cache and settings', async () => {
  const { digest } = (await built(newApp())).manifest.descriptor;
  const other = newApp({ 'app/README.md': 'of no use', 'app/.git/HEAD': 'ref: refs/heads/main' });
  for (const [name, value] of Object.entries({
    GOFLAGS: '-tags=other -ldflags=-X=main.version=2',
    GOOS: 'windows',
    GOARCH: 'arm64',
    GOAMD64: 'v3',
    GOEXPERIMENT: 'nocoverageredesign',
    CGO_ENABLED: '1',
    GODEBUG: 'inittrace=0',
  }))
    vi.stubEnv(name, value);
  expect((await built(other)).manifest.descriptor.digest).toBe(digest);
  expect(other.events).toContainEqual(
    expect.objectContaining({
      kind: 'warning',
      problem: expect.objectContaining({
        what: expect.stringContaining('-tags=other -ldflags=-X=main.version=2'),
      }),
    }),
  );
});

test('a folder that a link leads to is the same folder', async () => {
  const app = newApp();
  const image = await built(app);
  symlinkSync(join(app.folder, 'app'), join(app.folder, 'link'));
  app.asked();
  // What was asked for has another name; what came of it is the same.
  const { manifest, config, layers } = await built(app, { source: join(app.folder, 'link') });
  expect({ manifest, config, layers }).toEqual({
    manifest: image.manifest,
    config: image.config,
    layers: image.layers,
  });
  expect(app.asked()).toBe('env list mod');
});

test('Go is asked no more than what changed calls for', async () => {
  const app = newApp();
  await settled(app.folder, Object.keys(sources));
  const first = await built(app);
  expect(app.asked()).toBe('build env list mod');
  const after = async (files: Readonly<Record<string, string>>) => {
    write(app.folder, files);
    await settled(app.folder, Object.keys(files));
    const image = await built(app);
    return [app.asked(), run(image)];
  };
  const main = sources['app/main.go'];
  const words = sources['app/internal/words/words.go'];
  expect(await after({})).toEqual(['env', 'hello;lib;none;you;']);
  // Files that no program is made of.
  expect(
    await after({ 'app/notes.txt': '', 'app/internal/words/words_test.go': 'package words_test\n' }),
  ).toEqual(['env', 'hello;lib;none;you;']);
  // A line, in the module and in the one beside it.
  expect(await after({ 'app/internal/words/words.go': words.replace('";"', '"."') })).toEqual([
    'build env',
    'hello.lib.none.you.',
  ]);
  expect(await after({ 'lib/lib.go': 'package lib\n\nconst Name = "LIB"\n' })).toEqual([
    'build env',
    'hello.LIB.none.you.',
  ]);
  // Back again: it is known what that makes.
  expect(await after({ 'app/internal/words/words.go': words, 'lib/lib.go': sources['lib/lib.go'] })).toEqual([
    'env',
    'hello;lib;none;you;',
  ]);
  expect((await built(app)).manifest.descriptor).toEqual(first.manifest.descriptor);
  app.asked();
  // What is embedded: another content, then one file more.
  expect(await after({ 'app/text/hello.txt': 'hi' })).toEqual(['build env', 'hi;lib;none;you;']);
  expect(await after({ 'app/text/more.txt': '' })).toEqual(['build env list mod', 'hi;lib;none;you;']);
  // A package more, then a change of it.
  const extra = main
    .replace('"os"\n', '"os"\n\t"example.com/team/app/v2/extra"\n')
    .replace('version,', 'extra.Word,');
  expect(
    await after({ 'app/main.go': extra, 'app/extra/extra.go': 'package extra\n\nvar Word = "one"\n' }),
  ).toEqual(['build env list mod', 'hi;lib;one;you;']);
  expect(await after({ 'app/extra/extra.go': 'package extra\n\nvar Word = "two"\n' })).toEqual([
    'build env',
    'hi;lib;two;you;',
  ]);
  expect(whys(app.events).slice(-2)).toEqual([
    'app: source changed: extra/extra.go, main.go',
    'app: source changed: extra/extra.go',
  ]);
});

test('tags and linker flags are those of ptp.yaml', async () => {
  const app = newApp({
    'app/name_other.go': '//go:build other\n\npackage main\n\nfunc init() { version = "other" }\n',
  });
  expect(run(await built(app))).toContain('none');
  expect(run(await built(app, { tags: ['other'] }))).toContain('other');
  expect(run(await built(app, { ldflags: '-X main.version=1.2.0' }))).toContain('1.2.0');
});

test('the program is found below cmd, or named', async () => {
  const app = newApp();
  const below = join(app.folder, 'app/cmd');
  mkdirSync(join(below, 'one'), { recursive: true });
  write(app.folder, { 'app/gen.go': '//go:build ignore\n\npackage main\n\nfunc main() {}\n' });
  renameSync(join(app.folder, 'app/main.go'), join(below, 'one/main.go'));
  renameSync(join(app.folder, 'app/text'), join(below, 'one/text'));
  const image = await built(app);
  expect(image.entrypoint).toEqual(['/usr/local/bin/one']);
  write(app.folder, { 'app/cmd/two/main.go': 'package main\n\nfunc main() { print() }\n' });
  expect(await failed(app)).toMatchObject({
    name: 'UserMistake',
    problems: [{ what: 'there is more than one program here: cmd/one, cmd/two' }],
  });
  expect((await built(app, { main: 'cmd/two' })).entrypoint).toEqual(['/usr/local/bin/two']);
  // A component's folder may lie in the module.
  const inside = await built(app, { source: join(below, 'one') });
  expect(inside.manifest.descriptor).toEqual(image.manifest.descriptor);
});

test('a workspace and a vendor folder are used as Go uses them, and their files are watched', async () => {
  const app = newApp({ 'go.work': 'go 1.24\n\nuse (\n\t./app\n\t./lib\n)\n' });
  write(app.folder, { 'app/go.mod': 'module example.com/team/app/v2\n\ngo 1.24\n' });
  // What is remembered of these files holds: what follows must be seen.
  await settled(app.folder, ['go.work', ...Object.keys(sources)]);
  expect(run(await built(app))).toContain('lib');
  write(app.folder, { 'lib/lib.go': 'package lib\n\nconst Name = "work"\n' });
  expect(run(await built(app))).toContain('work');
  // The same module from elsewhere: only go.work tells.
  write(app.folder, { 'other/go.mod': sources['lib/go.mod'], 'other/lib.go': sources['lib/lib.go'] });
  write(app.folder, { 'go.work': 'go 1.24\n\nuse (\n\t./app\n\t./other\n)\n' });
  expect(run(await built(app))).toContain(';lib;');

  rmSync(join(app.folder, 'go.work'));
  write(app.folder, { 'app/go.mod': sources['app/go.mod'] });
  execFileSync('go', ['mod', 'vendor'], {
    cwd: join(app.folder, 'app'),
    env: { ...process.env, GOFLAGS: '' },
  });
  rmSync(join(app.folder, 'lib'), { recursive: true });
  const vendored = join(app.folder, 'app/vendor/example.com/lib/lib.go');
  expect(readFileSync(vendored, 'utf8')).toContain('work');
  expect(run(await built(app))).toContain('work');
  write(app.folder, { 'app/vendor/example.com/lib/lib.go': 'package lib\n\nconst Name = "vendor"\n' });
  expect(run(await built(app))).toContain('vendor');
});

test('what the compiler says is told with its place', async () => {
  const app = newApp({ 'lib/lib.go': 'package lib\n\nconst Name = nothing\n' });
  expect(await failed(app)).toMatchObject({
    name: 'UserMistake',
    problems: [
      { what: 'undefined: nothing', where: { file: join(app.folder, 'lib/lib.go'), line: 3, column: 14 } },
    ],
  });
  // Mended, it is built: nothing wrong was kept.
  write(app.folder, { 'lib/lib.go': sources['lib/lib.go'] });
  expect(run(await built(app))).toBe('hello;lib;none;you;');
});

test.each([
  [{ 'app/main.go': 'package lib\n' }, /there is no program here/, /main: ‹its folder›/],
  [
    { 'app/go.mod': 'module example.com/team/app/v2\n\ngo 1.999\n' },
    /requires go >= 1\.999/,
    /Install Go 1\.999/,
  ],
  [
    { 'app/go.mod': 'module example.com/team/app/v2\n\ngo 1.24\n' },
    /no required module/,
    /go get example\.com\/lib/,
  ],
  [{ 'go.work': 'go 1.24\n\nuse ./lib\n' }, /not one of the workspace modules/, /go work use/],
  [{ 'lib/lib.go': 'package lib\n\nimport "C"\n' }, /exclude all Go files/, /without cgo/],
  [{ 'app/main.go': sources['app/main.go'].replace('text/', 'gone/') }, /no matching files/, /Mend it/],
] as const)('mistake %#: %o', async (files, what, next) => {
  const error = await failed(newApp(files as Readonly<Record<string, string>>));
  expect(error).toMatchObject({
    name: 'UserMistake',
    problems: [{ what: expect.stringMatching(what), next: expect.stringMatching(next) }],
  });
});

test('a folder that is no module, a folder named as the program that is none', async () => {
  const app = newApp();
  const alone = write(newFolder(), { 'main.go': 'package main\n\nfunc main() {}\n' });
  expect(await failed(app, { source: alone })).toMatchObject({
    name: 'UserMistake',
    problems: [{ what: 'there is no go.mod here or above' }],
  });
  expect(await failed(app, { main: 'internal/words' })).toMatchObject({
    name: 'UserMistake',
    problems: [{ what: 'this is no program: it is `package words`' }],
  });
  expect(await failed(app, { main: 'nowhere' })).toMatchObject({
    name: 'UserMistake',
    problems: [{ next: expect.stringContaining('go: { main') }],
  });
});

test('a module that is not the one of go.sum is not built', async () => {
  const app = newApp();
  const calendar = join(import.meta.dirname, '../../bench/apps/go');
  cpSync(calendar, join(app.folder, 'app'), { recursive: true, force: true });
  rmSync(join(app.folder, 'app/main.go'));
  const sums = readFileSync(join(calendar, 'go.sum'), 'utf8');
  const altered = sums.replace(/^(github\.com\/go-chi\/chi\/v5 \S+ h1:)...../m, '$1AAAAA');
  expect(altered).not.toBe(sums);
  write(app.folder, { 'app/go.sum': altered });
  expect(await failed(app)).toMatchObject({
    name: 'StepFailed',
    problems: [{ next: expect.stringContaining('not the one that go.sum names') }],
  });
});

test('without Go it is said what to install', async () => {
  vi.stubEnv('PATH', newFolder());
  expect(await failed(newApp())).toMatchObject({
    name: 'UserMistake',
    problems: [{ what: expect.stringContaining('Go is not'), next: expect.stringContaining('go.dev/dl') }],
  });
});

test('a file that changes while it is compiled is in no image, and leaves nothing wrong behind', async () => {
  const app = newApp();
  const later = 'package lib\n\nconst Name = "later"\n';
  const emit: App['context']['emit'] = (event) => {
    app.context.emit(event);
    if (event.kind === 'progress' && event.text === 'compiling') write(app.folder, { 'lib/lib.go': later });
  };
  expect(await failed({ ...app, context: { ...app.context, emit } })).toMatchObject({
    name: 'StepFailed',
    problems: [{ what: 'files changed while the program was compiled' }],
  });
  expect(run(await built(app))).toContain('later');
  write(app.folder, { 'lib/lib.go': sources['lib/lib.go'] });
  expect(run(await built(app))).toContain(';lib;');
  expect(readdirSync(join(app.context.cache, 'work'))).toEqual([]);
});

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { failureOf } from './failures.ts';
import { foreignFlags, target } from './plan.ts';

/** The Go of this machine as it sees a folder. */
export interface Toolchain {
  /** The absolute path of `go`. */
  readonly program: string;
  /** `go1.26.8` */
  readonly version: string;
  /** Changes when compiler or linker do. */
  readonly identity: readonly string[];
  /** The absolute path of the module's go.mod. */
  readonly moduleFile: string;
  /** The absolute path of the go.work that the module is used with. */
  readonly workspaceFile?: string;
  /** Where modules that were downloaded are: what is below never changes. */
  readonly moduleCache: string;
  /** Flags of the user's GOFLAGS that images are built without. */
  readonly left: readonly string[];
  /** The environment of every call. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where modules come from and where they are kept is the user's choice; a digest or a signature says what they are. */
const theirs = [
  'GOPROXY',
  'GOSUMDB',
  'GOPRIVATE',
  'GONOPROXY',
  'GONOSUMDB',
  'GOINSECURE',
  'GOVCS',
  'GOAUTH',
  'GOPATH',
  'GOMODCACHE',
  'GOCACHE',
  'GOCACHEPROG',
  'GOTMPDIR',
] as const;

/** What else is to be known of Go. */
const asked = ['GOVERSION', 'GOTOOLDIR', 'GOMOD', 'GOWORK', 'GOFLAGS'] as const;

/** What would give another program, or another Go. */
const neutral = {
  GOEXPERIMENT: undefined,
  GOFIPS140: undefined,
  GO111MODULE: undefined,
  GODEBUG: undefined,
  GO_EXTLINK_ENABLED: undefined,
};

/**
 * Asks Go for its settings in a folder. Programs are compiled with none of them but those that say where modules come
 * from. Throws UserMistake where there is no Go, or no module.
 */
export async function findToolchain(context: Context, folder: string): Promise<Toolchain> {
  const program = await context.processes.find('go');
  if (program === undefined) {
    throw new UserMistake({
      what: 'Go is not on this machine, or not on PATH',
      where: { file: folder },
      next: 'Install it (https://go.dev/dl) and put its bin folder on PATH: `go version` has to answer.',
    });
  }
  const args = ['env', '-json', ...theirs, ...asked];
  // No other Go is downloaded because a go.mod or a setting names it.
  const env = { ...neutral, ...target, GOTOOLCHAIN: 'local', PWD: folder };
  const outcome = await context.processes.run({ program, args, cwd: folder, env, signal: context.signal });
  if (outcome.code !== 0) throw failureOf(outcome, { folder, doing: 'go env' });
  const told = JSON.parse(outcome.stdout) as Record<(typeof theirs | typeof asked)[number], string>;
  const said = { ...told, ...withoutHome(context.cache, told) };
  if (said.GOMOD === '' || said.GOMOD === '/dev/null') {
    throw new UserMistake({
      what: 'there is no go.mod here or above',
      where: { file: folder },
      next: 'Make it a module: `go mod init ‹its path›`, then `go mod tidy`.',
    });
  }
  const tools = ['compile', 'link'].map(async (name) => {
    const found = await stat(join(said.GOTOOLDIR, name)).catch(() => undefined);
    return `${name} ${found?.size} ${found?.mtimeMs}`;
  });
  return {
    program,
    version: said.GOVERSION,
    identity: [said.GOVERSION, ...(await Promise.all(tools))],
    moduleFile: said.GOMOD,
    ...(said.GOWORK === '' || said.GOWORK === 'off' ? {} : { workspaceFile: said.GOWORK }),
    moduleCache: said.GOMODCACHE,
    left: foreignFlags(said.GOFLAGS),
    env: {
      ...env,
      ...Object.fromEntries(theirs.map((name) => [name, said[name] === '' ? undefined : said[name]])),
      // Settings that `go env -w` wrote are those above, and no others.
      GOENV: 'off',
      GOWORK: said.GOWORK === '' ? 'off' : said.GOWORK,
      GOFLAGS: /-modcacherw\b/.test(said.GOFLAGS) ? '-modcacherw' : undefined,
    },
  };
}

/** Folders of our own where Go has none, as for users without a home. */
function withoutHome(
  cache: string,
  { GOPATH, GOCACHE, GOMODCACHE, GOFLAGS }: Readonly<Record<(typeof theirs | typeof asked)[number], string>>,
) {
  return {
    ...(GOCACHE === '' || GOCACHE === 'off' ? { GOCACHE: join(cache, 'go/build') } : {}),
    ...(GOPATH === '' ? { GOPATH: join(cache, 'go') } : {}),
    // Writable, since the cache is a folder that may be deleted.
    ...(GOMODCACHE === '' ? { GOMODCACHE: join(cache, 'go/mod'), GOFLAGS: `${GOFLAGS} -modcacherw` } : {}),
  };
}

/**
 * Runs `go` in a folder, returns its standard output. `tell` is called with what is worth a line meanwhile. Throws
 * UserMistake or StepFailed by what Go said.
 */
export async function go(
  context: Context,
  toolchain: Toolchain,
  args: readonly string[],
  options: { readonly folder: string; readonly tell?: (text: string) => void },
): Promise<string> {
  const { folder, tell } = options;
  let compiled = 0;
  const outcome = await context.processes.run({
    program: toolchain.program,
    args,
    cwd: folder,
    // Go writes paths as this names the folder, where a symbolic link leads to it.
    env: { ...toolchain.env, PWD: folder },
    signal: context.signal,
    ...(tell === undefined
      ? {}
      : {
          onLine: (line: string) => {
            if (line.startsWith('go: downloading ')) return tell(line.slice('go: '.length));
            if (!isPackage(line)) return;
            compiled += 1;
            tell(`compiling: ${compiled} packages`);
          },
        }),
  });
  if (outcome.code === 0) return outcome.stdout;
  const stderr = outcome.stderr
    .split('\n')
    .filter((line) => !isPackage(line) && !line.startsWith('go: downloading '))
    .join('\n');
  throw failureOf({ ...outcome, stderr }, { folder, doing: `go ${args[0]}` });
}

/** Whether a line is a package that `-v` tells of. */
function isPackage(line: string): boolean {
  return /^[\w.~-]+(?:\/[\w.~+-]+)*$/.test(line);
}

import { z } from 'zod';
import { StepFailed } from '../core/failure.ts';
import type { VersionChange } from '../core/upgrade.ts';
import type { Context } from '../effects/context.ts';
import { newestPatch } from './newest.ts';

/** A Go module as something pins it. */
export interface PinnedModule {
  readonly module: string;
  /** `v1.37.2` */
  readonly version: string;
  /** As people call it. */
  readonly name: string;
  /** Why a newer one matters. */
  readonly why: string;
}

/** What is known of newer versions, and of which modules nothing could be learnt. */
export interface NewerModules {
  readonly changes: readonly VersionChange[];
  readonly unasked: readonly { readonly what: string; readonly why: string }[];
}

/** What is read of `go list -m -json` (go.dev/ref/mod, "go list -m"). */
const listed = z.looseObject({
  Path: z.string(),
  Versions: z.array(z.string()).optional(),
  Error: z.looseObject({ Err: z.string() }).optional(),
});

/** The modules of its output, one JSON object after the other. Throws where it is none. Pure. */
export function listedModules(text: string): readonly z.infer<typeof listed>[] {
  // Go begins and ends each object on a line of its own.
  return text
    .split(/^(?=\{$)/m)
    .filter((one) => one.trim() !== '')
    .map((one) => listed.parse(JSON.parse(one)));
}

/**
 * Those of some Go modules that have a newer patch version, by the word of the `go` command, which asks the proxy that
 * this machine is set up for. Changes nothing; a module that cannot be asked for is told as such.
 * @throws StepFailed where `go` itself fails
 */
export async function newerModules(
  { processes, cache, signal }: Pick<Context, 'processes' | 'cache' | 'signal'>,
  pinned: readonly PinnedModule[],
): Promise<NewerModules> {
  if ((await processes.find('go')) === undefined)
    return { changes: [], unasked: [{ what: 'Go modules', why: '`go` is not on PATH' }] };
  const { code, stdout, stderr } = await processes.run({
    program: 'go',
    args: [
      ...['list', '-m', '-e', '-json', '-versions'],
      ...pinned.map(({ module, version }) => `${module}@${version}`),
    ],
    // In no module: nothing of anybody's go.mod is asked or changed.
    cwd: cache,
    env: { GOWORK: 'off', GOFLAGS: undefined },
    signal,
  });
  if (code !== 0)
    throw new StepFailed({
      what: `\`go list\` ended with ${code}`,
      details: stderr.trim().split('\n').slice(-5),
    });
  const found = listedModules(stdout);
  const of = pinned.map((one) => ({ ...one, listed: found.find(({ Path }) => Path === one.module) }));
  return {
    changes: of.flatMap(({ name, version, why, listed: { Versions = [] } = {} }) => {
      const to = newestPatch(version, Versions);
      return to === undefined ? [] : [{ name, from: version, to, why }];
    }),
    unasked: of.flatMap(({ name, listed: one }) => {
      if (one === undefined) return [{ what: name, why: '`go list` said nothing of it' }];
      return one.Error === undefined ? [] : [{ what: name, why: one.Error.Err.split('\n')[0] ?? '' }];
    }),
  };
}

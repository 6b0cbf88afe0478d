import { dirname, join, relative } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { GoImage } from '../../core/image-spec.ts';
import type { Context } from '../../effects/context.ts';
import { tellDamage } from '../../oci/damage.ts';
import { readSealed, sealedEnding, writeSealed } from '../../oci/sealed.ts';
import { keyOf } from '../layer-cache.ts';
import { readFiles, type SeenFiles, sameFiles, settledBefore } from './files.ts';
import { type Listing, list } from './listing.ts';
import type { Toolchain } from './toolchain.ts';

/** Everything that decides what a program is. */
export interface GoInputs {
  readonly listing: Listing;
  readonly files: SeenFiles;
  /** A JSON value that is the same when all inputs are, in whatever folder. */
  readonly key: unknown;
  /** Source files, relative to the component, and their sha256. */
  readonly source: Readonly<Record<string, string>>;
}

/** What is kept of a program's last build on this machine. */
interface Known {
  /** What `go list` was asked: another question, another answer. */
  readonly question: string;
  readonly listing: Listing;
  /** Names all that the answer depends on. */
  readonly shape: string;
  readonly files: SeenFiles;
}

/**
 * Lists what a program is compiled from. Go is asked only where the answer may have changed: where a file came or went,
 * or what is imported, embedded or required is another; else files are looked at and those that changed are read.
 */
export async function readInputs(
  context: Context,
  toolchain: Toolchain,
  spec: GoImage,
  main: string,
): Promise<GoInputs> {
  const file = join(context.cache, 'stat', 'go', keyOf([spec.source, main, spec.tags ?? []]) + sealedEnding);
  const damaged = () => tellDamage(context.emit, `what is known of ${spec.name}'s sources`, file);
  const known = (await readSealed(file, damaged)) as Known | undefined;
  const question = keyOf([toolchain.identity, toolchain.env]);
  if (known?.question === question) {
    const { listing } = known;
    const files = await readFiles(listing.packages, listing.moduleFiles, known.files);
    if (files !== undefined && shapeOf(files) === known.shape) {
      if (keyOf(files) !== keyOf(known.files)) await writeSealed(file, { ...known, files });
      return inputsOf(toolchain, spec, main, listing, files);
    }
  }
  const asked = settledBefore();
  const listing = await list(context, toolchain, spec, main);
  const files = await readFiles(listing.packages, listing.moduleFiles, known?.files ?? {}, asked);
  if (files === undefined) throw changed(spec.source);
  // What changed while Go was asked may have made its answer an old one: it is asked again the next time.
  if (Object.values(files).every(({ identity, sha256 }) => identity !== undefined || sha256 === '')) {
    const now: Known = { question, listing, shape: shapeOf(files), files };
    await writeSealed(file, now);
  }
  return inputsOf(toolchain, spec, main, listing, files);
}

/** Throws StepFailed where the files of a build are no longer those that it began with. */
export async function checkUnchanged({ listing, files }: GoInputs, folder: string): Promise<void> {
  const now = await readFiles(listing.packages, listing.moduleFiles, files);
  if (now === undefined || !sameFiles(files, now)) throw changed(folder);
}

function changed(folder: string): StepFailed {
  return new StepFailed({
    what: 'files changed while the program was compiled',
    where: { file: folder },
    next: 'Run it again when no program writes to the folder.',
  });
}

function shapeOf(files: SeenFiles): string {
  return keyOf(Object.entries(files).map(([path, { decisive }]) => [path, decisive]));
}

function inputsOf(
  toolchain: Toolchain,
  spec: GoImage,
  main: string,
  listing: Listing,
  files: SeenFiles,
): GoInputs {
  const root = dirname(toolchain.workspaceFile ?? toolchain.moduleFile);
  const there = Object.entries(files).filter(([, { sha256 }]) => sha256 !== '');
  return {
    listing,
    files,
    key: [
      toolchain.identity,
      relative(root, join(spec.source, main)),
      listing.importPath,
      spec.tags ?? [],
      spec.ldflags ?? '',
      // As an object, whose keys are sorted: the order must not depend on what lies above the root.
      Object.fromEntries(there.map(([path, { sha256 }]) => [relative(root, path), sha256])),
    ],
    source: Object.fromEntries(there.map(([path, { sha256 }]) => [relative(spec.source, path), sha256])),
  };
}

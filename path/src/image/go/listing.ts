import { dirname, isAbsolute, join, resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { GoImage } from '../../core/image-spec.ts';
import type { Context } from '../../effects/context.ts';
import type { LocalPackage } from './files.ts';
import { tagArguments } from './plan.ts';
import { go, type Toolchain } from './toolchain.ts';

/** What a program is made of, as `go list` tells. */
export interface Listing {
  /** The path that its package is imported by. */
  readonly importPath: string;
  /** The packages that may change: not those of Go itself and of modules that were downloaded. */
  readonly packages: readonly LocalPackage[];
  /** Absolute paths of the files that decide about modules, whether they are there or not. */
  readonly moduleFiles: readonly string[];
  /** Modules and their versions. */
  readonly modules: Readonly<Record<string, string>>;
}

/** Of `go help list`, type Package. */
interface Package {
  readonly Dir: string;
  readonly ImportPath: string;
  readonly Name: string;
  readonly Standard?: boolean;
  readonly DepOnly?: boolean;
  readonly EmbedPatterns?: readonly string[];
  readonly Module?: Module;
}

interface Module {
  readonly Path: string;
  readonly Version?: string;
  readonly Replace?: Module;
}

const fields = ['Dir', 'ImportPath', 'Name', 'Standard', 'DepOnly', 'EmbedPatterns', 'Module'];

/** Asks Go what a program is made of. Throws UserMistake where it is none, or its parts do not fit together. */
export async function list(
  context: Context,
  toolchain: Toolchain,
  spec: GoImage,
  main: string,
): Promise<Listing> {
  const args = [
    'list',
    '-deps',
    '-buildvcs=false',
    `-json=${fields.join(',')}`,
    ...tagArguments(spec),
    `./${main}`,
  ];
  const tell = (text: string) => context.emit({ kind: 'progress', step: 'image', task: spec.name, text });
  const [output, moduleFiles] = await Promise.all([
    go(context, toolchain, args, { folder: spec.source, tell }),
    findModuleFiles(context, toolchain),
  ]);
  // Documents one after the other: each ends with a brace at the beginning of a line.
  const packages = output
    .split(/(?<=^\})\n/m)
    .filter((text) => text.trim() !== '')
    .map((text) => JSON.parse(text) as Package);
  const program = packages.find(({ DepOnly }) => DepOnly !== true);
  if (program?.Name !== 'main') {
    throw new UserMistake({
      what: `this is no program: it is \`package ${program?.Name ?? ''}\``,
      where: { file: join(spec.source, main) },
      next: 'Name the folder of the program: `go: { main: ‹folder› }`.',
    });
  }
  const cached = `${toolchain.moduleCache}/`;
  return {
    importPath: program.ImportPath,
    packages: packages
      .filter(({ Dir, Standard }) => Standard !== true && !`${Dir}/`.startsWith(cached))
      .map(({ Dir, EmbedPatterns = [] }) => ({ folder: Dir, patterns: EmbedPatterns })),
    moduleFiles,
    modules: Object.fromEntries(packages.flatMap(({ Module }) => versionOf(Module))),
  };
}

/** A module with its version; nothing for those whose files are on this machine. */
function versionOf(module: Module | undefined): readonly (readonly [string, string])[] {
  const version = (module?.Replace ?? module)?.Version;
  return module === undefined || version === undefined ? [] : [[module.Path, version]];
}

/** The files that decide about modules: of this one, or of all in the workspace, and of those that replace others. */
async function findModuleFiles(context: Context, toolchain: Toolchain): Promise<readonly string[]> {
  const { moduleFile, workspaceFile } = toolchain;
  const root = dirname(workspaceFile ?? moduleFile);
  if (workspaceFile === undefined) {
    return [
      ...filesOfModule(root),
      join(root, 'vendor/modules.txt'),
      ...(await replacements(context, toolchain, moduleFile)),
    ];
  }
  const work = JSON.parse(
    await go(context, toolchain, ['work', 'edit', '-json', workspaceFile], { folder: root }),
  ) as Edited & { readonly Use?: readonly { readonly DiskPath: string }[] | null };
  const used = (work.Use ?? []).map(({ DiskPath }) => resolve(root, DiskPath));
  const inner = used.map((folder) => replacements(context, toolchain, join(folder, 'go.mod')));
  return [
    workspaceFile,
    `${workspaceFile}.sum`,
    join(root, 'vendor/modules.txt'),
    ...used.flatMap(filesOfModule),
    ...replacing(work, root),
    ...(await Promise.all(inner)).flat(),
  ];
}

function filesOfModule(folder: string): readonly string[] {
  return [join(folder, 'go.mod'), join(folder, 'go.sum')];
}

/** Of `go help mod edit` and `go help work edit`. */
interface Edited {
  readonly Replace?: readonly { readonly New: { readonly Path: string; readonly Version?: string } }[] | null;
}

async function replacements(
  context: Context,
  toolchain: Toolchain,
  file: string,
): Promise<readonly string[]> {
  const folder = dirname(file);
  const text = await go(context, toolchain, ['mod', 'edit', '-json', file], { folder });
  return replacing(JSON.parse(text) as Edited, folder);
}

/** The go.mod of each folder that takes a module's place. */
function replacing({ Replace }: Edited, folder: string): readonly string[] {
  return (Replace ?? [])
    .filter(
      ({ New }) => New.Version === undefined && (isAbsolute(New.Path) || /^\.\.?(?:\/|$)/.test(New.Path)),
    )
    .map(({ New }) => join(resolve(folder, New.Path), 'go.mod'));
}

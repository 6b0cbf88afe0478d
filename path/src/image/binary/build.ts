import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import type { BinaryImage } from '../../core/image-spec.ts';
import { furnishingEntries, inRoot } from '../accounts.ts';
import type { Ingredients, Workshop } from '../builder.ts';
import { debianMaterials } from '../materials.ts';
import { readSourceTree, type SourceFile, treeEntries, treeKey, withFolders } from '../source-tree.ts';
import { checkProgram, programHeader } from './plan.ts';

/** Builds an image of statically linked programs, certificate authorities, an account, and no shell. */
export async function buildBinary(workshop: Workshop, spec: BinaryImage): Promise<Ingredients> {
  const { context, layers } = workshop;
  const { user, files = [] } = spec;
  const [authorities, account, programs] = await Promise.all([
    workshop.debian({ packages: ['ca-certificates'], closed: true }),
    layers.layer(['furnishing', user, files], (write) => write(furnishingEntries({ user, files }))),
    Promise.all(spec.programs.map((program) => readProgram(context, program))),
  ]);
  const layer = await layers.layer(['binary', treeKey(programs)], (write) => {
    context.emit({ kind: 'progress', step: 'image', task: spec.name, text: 'packing programs' });
    return write(withFolders(treeEntries('', programs)));
  });
  return {
    layers: [
      ...authorities.layers.map((each) => ({ ...each, what: 'certificate authorities' })),
      { ...account, what: 'account' },
      { ...layer, what: 'programs' },
    ],
    execution: {
      User: `${user.uid}:${user.gid}`,
      Entrypoint: spec.entrypoint,
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
      WorkingDir: user.home,
    },
    inputs: {
      source: Object.fromEntries(
        programs.map((file) => [file.path, file.kind === 'file' ? file.sha256 : '']),
      ),
      dependencies: Object.fromEntries(authorities.packages.map(({ name, version }) => [name, version])),
    },
    materials: debianMaterials(authorities),
  };
}

/** A program as a file at its place in the image, whatever its mode here. */
async function readProgram(
  context: Workshop['context'],
  program: { readonly from: string; readonly to: string },
): Promise<SourceFile> {
  const name = basename(program.from);
  const [found] = await readSourceTree(dirname(program.from), (path) => path === name, context).catch(
    () => [],
  );
  if (found?.kind !== 'file') {
    throw new UserMistake({
      what: 'there is no such program',
      where: { file: program.from },
      next: 'Build it first, or correct the path.',
    });
  }
  const file = await open(program.from);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    checkProgram(program.from, programHeader(buffer.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
  return { ...found, path: inRoot(program.to), executable: true };
}

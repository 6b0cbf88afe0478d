import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GoImage } from '../../core/image-spec.ts';
import { nonroot } from '../accounts.ts';
import { bareBase } from '../base/bare-base.ts';
import { checkProgram, programHeader } from '../binary/plan.ts';
import type { Ingredients, NamedLayer, Workshop } from '../builder.ts';
import { withFolders } from '../source-tree.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { checkUnchanged, readInputs } from './inputs.ts';
import { mainFolder } from './main-folder.ts';
import { buildArguments, programFolder, programName } from './plan.ts';
import { findToolchain, go, type Toolchain } from './toolchain.ts';

/** Builds a program in Go: a base without a C library or a shell, and the program, in a layer of its own. */
export async function buildGo(workshop: Workshop, spec: GoImage): Promise<Ingredients> {
  const [base, { layer, path, inputs, toolchain }] = await Promise.all([
    spec.base === undefined ? bareBase(workshop) : workshop.base(spec.base),
    compiled(workshop, spec),
  ]);
  return {
    base,
    layers: [layer],
    execution: {
      ...(base.configuration.config?.User ? {} : { User: '65532:65532' }),
      ...(spec.base === undefined ? { WorkingDir: nonroot.home } : {}),
      Entrypoint: [`/${path}`],
      StopSignal: 'SIGTERM',
    },
    inputs: {
      source: inputs.source,
      dependencies: { ...inputs.listing.modules, Go: toolchain.version.replace(/^go/, '') },
    },
    materials: [], // a program in Go tells itself what modules it was made from
  };
}

/** The layer with the program, its path in the image, and what it is made of. */
async function compiled(workshop: Workshop, spec: GoImage) {
  const { context, layers } = workshop;
  const main = spec.main ?? (await mainFolder(spec.source));
  const toolchain = await findToolchain(context, spec.source);
  warnOfFlags(workshop, spec.name, toolchain);
  const inputs = await readInputs(context, toolchain, spec, main);
  const path = `${programFolder}/${programName(inputs.listing.importPath)}`;
  const layer = await layers.layer(['go', inputs.key], (write) =>
    inTemporaryFolder(context.cache, async (folder) => {
      const tell = (text: string) => context.emit({ kind: 'progress', step: 'image', task: spec.name, text });
      tell('compiling');
      const output = join(folder, 'program');
      const args = [...buildArguments(spec, output), `./${main}`];
      await go(context, toolchain, args, { folder: spec.source, tell });
      await checkUnchanged(inputs, spec.source);
      await checkStatic(output);
      const { size } = await stat(output);
      const content = () => createReadStream(output, { highWaterMark: 1 << 20 });
      const file = { path, mode: 0o755, uid: 0, gid: 0, kind: 'file', size, content } as const;
      return write(withFolders([file]));
    }),
  );
  const named: NamedLayer = { ...layer, what: 'program' };
  return { layer: named, path, inputs, toolchain };
}

/** Throws UserMistake where flags made a program that needs libraries. */
async function checkStatic(program: string): Promise<void> {
  const file = await open(program);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    checkProgram(program, programHeader(buffer.subarray(0, bytesRead)));
  } finally {
    await file.close();
  }
}

function warnOfFlags({ context }: Workshop, name: string, { left }: Toolchain): void {
  if (left.length === 0) return;
  context.emit({
    kind: 'warning',
    step: 'image',
    problem: {
      what: `${name} is compiled without ${left.join(' ')} of GOFLAGS: its image is the same on every machine`,
      next: 'Where the program needs them, say `go: { tags: […], ldflags: … }` in ptp.yaml.',
    },
  });
}

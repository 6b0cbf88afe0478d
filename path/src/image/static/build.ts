import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { StaticImage } from '../../core/image-spec.ts';
import type { Ingredients, NamedLayer, Workshop } from '../builder.ts';
import { lockfileMaterial, npmMaterials } from '../materials.ts';
import { readSourceTree, treeEntries, treeKey } from '../source-tree.ts';
import { build, readBuildInputs } from '../workspace/build.ts';
import { closureOf } from '../workspace/closure.ts';
import { findWorkspace } from '../workspace/find-workspace.ts';
import { outputFolders, serverFolder, servesPages, siteFolder } from './plan.ts';

const serverSource = fileURLToPath(new URL('./server/', import.meta.url));

/** Builds a web page and puts it behind the static server: base, server, page, each a layer of its own. */
export async function buildStatic(workshop: Workshop, spec: StaticImage): Promise<Ingredients> {
  const workspace = await findWorkspace(spec.source);
  if (workspace.packageJson.scripts?.build === undefined) {
    throw new UserMistake({
      what: 'there is no build script that makes the page',
      where: { file: join(spec.source, 'package.json'), key: 'scripts.build' },
      next: 'Add one, such as "vite build".',
    });
  }
  const { context, layers } = workshop;
  const [base, server, inputs] = await Promise.all([
    workshop.base(spec.base),
    serverLayer(workshop),
    readBuildInputs(context, workspace),
  ]);
  const site = await layers.layer(['static-site', inputs.key, server.diffId], (write) => {
    context.emit({ kind: 'progress', step: 'image', task: spec.name, text: 'running npm run build' });
    return build(context, inputs, async (folder) => {
      const output = await outputFolder(folder, spec.source);
      // Loaded only when there is something to compress.
      const { precompress } = await import('./server/precompress.ts');
      await precompress(output);
      return write(treeEntries(siteFolder, await readSourceTree(output, () => true)));
    });
  });
  // What the page itself needs may be bundled into it, the rest only makes it; bundlers do not tell which was used.
  const needed = closureOf(workspace.lockfile, [workspace.path]).packages;
  const production = npmMaterials(needed, 'bundled');
  const bundled = new Set(production.map(({ name, version }) => `${name}@${version}`));
  return {
    base,
    layers: [server, { ...site, what: 'page' }],
    execution: {
      ...(base.configuration.config?.User ? {} : { User: '65532:65532' }),
      Entrypoint: [base.node, `/${serverFolder}/serve.ts`],
      Env: ['NODE_ENV=production', `ROOT=/${siteFolder}`],
      WorkingDir: `/${serverFolder}`,
      StopSignal: 'SIGTERM',
    },
    inputs: { source: inputs.source, dependencies: inputs.dependencies },
    materials: [
      ...npmMaterials(inputs.packages, 'build').filter(
        ({ name, version }) => !bundled.has(`${name}@${version}`),
      ),
      ...production,
      ...lockfileMaterial(workspace.lockfile, workshop.projectFolder),
    ],
  };
}

async function serverLayer({ layers, context }: Workshop): Promise<NamedLayer> {
  const files = await readSourceTree(
    serverSource,
    (path) => path.endsWith('/') || servesPages(path),
    context,
  );
  const layer = await layers.layer(['static-server', treeKey(files)], (write) =>
    write(treeEntries(serverFolder, files)),
  );
  return { ...layer, what: 'static server' };
}

async function outputFolder(folder: string, source: string): Promise<string> {
  for (const name of outputFolders) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isDirectory()) return join(folder, name);
  }
  throw new StepFailed({
    what: `the build ended well but made none of ${outputFolders.join(', ')}`,
    where: { file: join(source, 'package.json'), key: 'scripts.build' },
    next: 'Let the build write to dist.',
  });
}

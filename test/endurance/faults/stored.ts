import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import { halfOf, type Random } from '../random.ts';
import { instance, type World } from '../world.ts';

const root = `/var/lib/ptp/${instance}`;
const blobs = join(root, 'registry/docker/registry/v2/blobs/sha256');

/** What is stored for the cluster is damaged. */
export const registryData: readonly Fault[] = [
  {
    name: 'the registry’s data is deleted while it runs',
    bring: async () => void empty(join(root, 'registry')),
  },
  {
    name: 'the registry’s data is deleted, and the node has lost its images',
    bring: async (world) => {
      await withoutImages(world);
      empty(join(root, 'registry'));
      return undefined;
    },
  },
  {
    name: 'a blob of the registry is deleted, and the node has lost its images',
    bring: async (world) => {
      await withoutImages(world);
      rmSync(largestBlob());
      return undefined;
    },
  },
  {
    name: 'a blob of the registry is altered, and the node has lost its images',
    bring: async (world) => {
      await withoutImages(world);
      execFileSync(
        'dd',
        ['if=/dev/zero', `of=${largestBlob()}`, 'bs=1', 'count=100', 'seek=5000', 'conv=notrunc'],
        { stdio: 'pipe' },
      );
      return undefined;
    },
  },
  {
    name: 'a blob of the registry is cut off, and the node has lost its images',
    bring: async (world) => {
      await withoutImages(world);
      execFileSync('truncate', ['--size=1000', largestBlob()]);
      return undefined;
    },
  },
];

/** Half of the files below some folders of the cache, drawn by lot. */
export function cacheHalved(random: Random): Fault {
  return {
    name: 'a half of the files in the cache is deleted',
    bring: async (world) => {
      world.change();
      const files = filesBelow(world.cache).filter((path) => !path.includes('/compile-cache/'));
      for (const path of halfOf(random, files)) rmSync(path, { force: true });
      return undefined;
    },
  };
}

/** The cache as a whole, while the cluster runs from it. */
export const cacheGone: Fault = {
  name: 'the cache is deleted, but for Go’s, while the cluster runs',
  bring: async (world) => {
    world.change();
    for (const name of readdirSync(world.cache))
      if (name !== 'go') rmSync(join(world.cache, name), { recursive: true });
    return undefined;
  },
};

function empty(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

/** Stops the cluster and takes away what its containerd has: everything has to come from the registry again. */
async function withoutImages(world: World): Promise<void> {
  await world.system.must('down');
  empty(join(root, 'containerd'));
}

function largestBlob(): string {
  const found = filesBelow(blobs)
    .filter((path) => path.endsWith('/data'))
    .map((path) => ({ path, size: statSync(path).size }))
    .sort((one, other) => other.size - one.size);
  if (found[0] === undefined) throw new Error('the registry has no blobs');
  return found[0].path;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

export { filesBelow };

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { shell } from './timing.ts';
import type { Workplace } from './workplace.ts';

/** The peers that are measured beside ptp, at these versions; buildah at Debian's. */
const pinned = { containerify: '4.1.0', ko: 'v0.19.1' } as const;

/** Debian's buildah from PATH, installed where it is missing and this is root. */
export async function installBuildah(place: Workplace): Promise<string> {
  const found = onPath('buildah');
  if (found !== undefined) return found;
  place.say('apt-get install buildah');
  // Without what it only needs to run containers over a network.
  const lines = 'apt-get -qq update && apt-get -qq install --yes --no-install-recommends buildah';
  await shell({
    lines,
    folder: place.folder,
    env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    limit: 300,
  });
  return onPath('buildah') ?? missing('buildah', 'install it with the package manager of this machine');
}

/** containerify from the npm registry, at its pinned version. */
export async function installContainerify(place: Workplace): Promise<string> {
  const folder = join(place.folder, `containerify-${pinned.containerify}`);
  const program = join(folder, 'node_modules/.bin/containerify');
  if (existsSync(program)) return program;
  place.say(`npm install containerify@${pinned.containerify}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'peer', private: true }));
  const lines = `npm install --no-audit --no-fund --save-exact --silent containerify@${pinned.containerify}`;
  await shell({ lines, folder, env: {} });
  return program;
}

/** ko, compiled by this machine's Go, at its pinned version. */
export async function installKo(place: Workplace): Promise<string> {
  const folder = join(place.folder, `ko-${pinned.ko}`);
  const program = join(folder, 'ko');
  if (existsSync(program)) return program;
  place.say(`go install github.com/google/ko@${pinned.ko}`);
  await mkdir(folder, { recursive: true });
  const env = {
    GOBIN: folder,
    GOCACHE: join(place.cache, 'go/build'),
    GOMODCACHE: join(place.cache, 'go/mod'),
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
  };
  await shell({ lines: `go install github.com/google/ko@${pinned.ko}`, folder, env, limit: 600 });
  return program;
}

/** The versions of everything that is measured or measures, as they say it themselves. */
export async function versions(): Promise<Readonly<Record<string, string>>> {
  const asked: Readonly<Record<string, readonly string[]>> = {
    npm: ['npm', '--version'],
    go: ['go', 'env', 'GOVERSION'],
    buildah: ['buildah', '--version'],
    git: ['git', '--version'],
  };
  const told = Object.entries(asked).map(([name, [program = '', ...args]]) => {
    try {
      const said = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      return [name, /\d+\.\d+[\w.-]*/.exec(said)?.[0] ?? said.trim()] as const;
    } catch {
      return [name, 'not there'] as const;
    }
  });
  const registry = await readFile(join(import.meta.dirname, '../path/components/registry/go.mod'), 'utf8');
  const distribution = /distribution\/distribution\/v3 v(\S+)/.exec(registry)?.[1] ?? 'unknown';
  return {
    'Node.js': process.versions.node,
    ...Object.fromEntries(told),
    containerify: pinned.containerify,
    ko: pinned.ko.slice(1),
    'registry (distribution)': distribution,
  };
}

function onPath(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function missing(program: string, next: string): never {
  throw new Error(`${program} is not on this machine: ${next}`);
}

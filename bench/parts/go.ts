import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pushBase } from '../base.ts';
import { type Contestant, measureBuilds } from '../builds.ts';
import type { Row } from '../figures.ts';
import { installKo } from '../peers.ts';
import { startRegistry } from '../registry.ts';
import { clear, shell } from '../timing.ts';
import { root, type Workplace } from '../workplace.ts';
import { ptpContestant } from './contestant.ts';

export const notes = [
  'The program of `bench/apps/go`. Both stand on the same base image, the tool’s own without a C library. For a first ' +
    'build the base is there, the modules are downloaded and compiled, the program’s own packages are not; each has a ' +
    'compiler’s cache of its own.',
  'ptp: `ptp build --push`. ko: `ko build --bare --sbom=none`, with `-s -w` as ptp has them (`.ko.yaml`).',
];

/** Image build and push of a program in Go. */
export async function measureGo(place: Workplace): Promise<readonly Row[]> {
  const ko = await installKo(place);
  const work = join(place.folder, 'go');
  await clear(work);
  await mkdir(work, { recursive: true });
  const registry = await startRegistry(join(work, 'registry'));
  const end = place.atEnd(async () => {
    await registry.stop();
    await clear(work);
  });
  try {
    place.say('base image and modules');
    const source = join(root, 'bench/apps/go');
    const neighbour = {
      builder: 'go',
      files: {
        'go.mod': 'module example.com/neighbour\n\ngo 1.26.0\n',
        'main.go': 'package main\n\nfunc main() { println("neighbour") }\n',
      },
    } as const;
    const common = { GOMODCACHE: join(place.cache, 'go/mod'), GOFLAGS: '-modcacherw', CGO_ENABLED: '0' };
    const compiled = join(work, 'compiled');
    // What the program imports, as both compile it, and nothing of its own.
    const imported =
      "go list -deps -f '{{if not .Module}}{{.ImportPath}}{{else if not .Module.Main}}{{.ImportPath}}{{end}}' ./...";
    await shell({
      lines: `go build -trimpath $(${imported})`,
      folder: source,
      env: { ...common, GOCACHE: compiled },
      limit: 400,
    });
    const base = await pushBase(place.cache, registry, neighbour, join(work, 'base'));
    for (const name of ['ptp', 'ko']) await cp(source, join(work, name), { recursive: true });
    const cacheOf = (name: string) => join(work, `compiled-${name}`);
    const forget = async (name: string) => {
      await rm(cacheOf(name), { recursive: true, force: true });
      await cp(compiled, cacheOf(name), { recursive: true });
    };
    await forget('ptp');
    const ours = await ptpContestant({
      work,
      registry,
      base,
      neighbour,
      component: 'calendar',
      env: { ...common, GOCACHE: cacheOf('ptp') },
      forget: () => forget('ptp'),
    });
    const peer: Contestant = {
      name: 'ko',
      repository: 'ko/calendar',
      tag: 'v1',
      reset: () => forget('ko'),
      script: {
        folder: join(work, 'ko'),
        env: {
          ...common,
          GOCACHE: cacheOf('ko'),
          KO_DOCKER_REPO: `${registry.name}/ko/calendar`,
          KO_DEFAULTBASEIMAGE: base,
        },
        lines: `'${ko}' build --bare --sbom=none --platform=linux/amd64 --tags v1 ./cmd/calendar`,
      },
    };
    await registry.keep();
    return await measureBuilds(place, [ours, peer], {
      id: 'go',
      edited: 'cmd/calendar/main.go',
      words: 'listening',
      registry,
    });
  } finally {
    await end();
  }
}

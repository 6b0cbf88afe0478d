import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Neighbour, writeFiles } from '../base.ts';
import type { Contestant } from '../builds.ts';
import type { BenchRegistry } from '../registry.ts';
import { shell } from '../timing.ts';
import { ptp } from '../workplace.ts';

/** What ptp is to build. */
export interface PtpOptions {
  /** The folder of the part; the application is in `ptp` below it. */
  readonly work: string;
  readonly registry: BenchRegistry;
  /** The base's reference. */
  readonly base: string;
  readonly neighbour: Neighbour;
  readonly component: string;
  readonly env: Readonly<Record<string, string>>;
  /** More that is to be forgotten before a first build. */
  readonly forget?: () => Promise<void>;
}

/** Ourselves, with a cache that has built the neighbour and nothing else. */
export async function ptpContestant({
  work,
  registry,
  base,
  neighbour,
  component,
  env: more,
  forget = async () => {},
}: PtpOptions): Promise<Contestant> {
  const [folder, cache, kept, beside, docker] = [
    join(work, 'ptp'),
    join(work, 'ptp-cache'),
    join(work, 'ptp-cache-kept'),
    join(work, 'ptp-neighbour'),
    join(work, 'ptp-docker'),
  ] as const;
  await mkdir(docker, { recursive: true });
  const env = { ...more, PTP_CACHE: cache, DOCKER_CONFIG: docker };
  const onBase = `components:\n  ${component}:\n    source: .\n    route: /\n    base: "${base}"\n`;
  await writeFile(join(folder, 'ptp.yaml'), `name: bench\n${onBase}`);
  await writeFiles(beside, { ...neighbour.files, 'ptp.yaml': `name: neighbour\n${onBase}` });
  const build = (prefix: string) => `${ptp} build --push ${registry.name}/${prefix} --tag v1`;
  const buildNeighbour = () => shell({ lines: build('neighbour'), folder: beside, env });
  await buildNeighbour();
  await cp(cache, kept, { recursive: true });
  return {
    name: 'ptp',
    repository: `ptp/${component}`,
    tag: 'v1',
    async reset() {
      await forget();
      await rm(cache, { recursive: true, force: true });
      await cp(kept, cache, { recursive: true });
      // Blobs that were copied are other files: they are looked at once before they are trusted.
      await buildNeighbour();
    },
    script: { folder, env, lines: build('ptp') },
  };
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env, stdout } from 'node:process';
import type { Event } from '../../path/src/core/event.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { lockFileName } from '../../path/src/image/lock-file.ts';
import { pullBase } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';
import { imagesOf } from '../../path/src/images-of.ts';
import { loadProject } from '../../path/src/project/load.ts';

/*
 * Builds a project's images and nothing else: `node build-images.ts <folder> <cache> [all]`. A program of its own, so that
 * its user, umask, time zone, language, clock and processors can be chosen. A base that the project names stands for a
 * registry's. Prints image name → digest as JSON; with `all`, what was built and the events but for progress.
 */
const [, , folder = '', cache = '', all] = argv;
const told: Event[] = [];
const context = {
  emit: (event: Event) => {
    if (event.kind !== 'progress') told.push(event);
  },
  clock: nodeClock,
  processes: nodeProcesses,
  cache,
  signal: new AbortController().signal,
};
const lockFile = join(folder, lockFileName);
const project = await loadProject(`${folder}/ptp.yaml`, undefined, { emit: () => {}, env });
const images = await buildImages(context, await imagesOf(project), {
  projectFolder: folder,
  ...(existsSync(lockFile) ? { lockFile } : {}),
  pull: pullBase(context),
});
const digests = Object.fromEntries(images.map(({ name, manifest }) => [name, manifest.descriptor.digest]));
stdout.write(JSON.stringify(all === undefined ? digests : { images, told }));

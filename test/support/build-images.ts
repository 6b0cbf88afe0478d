import { argv, env, stdout } from 'node:process';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { buildImages } from '../../path/src/image/step.ts';
import { imagesOf } from '../../path/src/images-of.ts';
import { loadProject } from '../../path/src/project/load.ts';

/*
 * Builds a project's images and nothing else: `node build-images.ts <folder> <cache>`. A program of its own, so that
 * its umask, time zone and language can be chosen. Prints image name → digest as JSON.
 */
const [, , folder = '', cache = ''] = argv;
const project = await loadProject(`${folder}/ptp.yaml`, undefined, { emit: () => {}, env });
const context = {
  emit: () => {},
  clock: nodeClock,
  processes: nodeProcesses,
  cache,
  signal: new AbortController().signal,
};
const images = await buildImages(context, await imagesOf(project), { projectFolder: folder });
stdout.write(
  JSON.stringify(Object.fromEntries(images.map(({ name, manifest }) => [name, manifest.descriptor.digest]))),
);

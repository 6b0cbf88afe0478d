import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pushBase } from '../base.ts';
import { type Contestant, measureBuilds } from '../builds.ts';
import type { Row } from '../figures.ts';
import { installBuildah, installContainerify } from '../peers.ts';
import { startRegistry } from '../registry.ts';
import { clear, shell } from '../timing.ts';
import { root, type Workplace } from '../workplace.ts';
import { ptpContestant } from './contestant.ts';

export const notes = [
  'The application of `bench/apps/node`: 46 packages, 3,200 files, 18 MB in node_modules.',
  'All stand on the same base image, the tool’s own for Node.js, pushed to the registry in gzip (containerify reads ' +
    'nothing else). For a first build the base is on the machine and in the registry, the archives of the packages are ' +
    'in npm’s cache, and nothing of the application is anywhere.',
  'ptp: `ptp build --push`. buildah: `npm ci` where the lockfile is newer, `buildah build --layers --isolation chroot` ' +
    'of `bench/apps/node/Dockerfile` (packages in a layer of their own, then the sources), `buildah push`; storage of ' +
    'its own with the overlay driver. containerify: `npm ci` as well, with the base’s layers cached and mounted.',
];

/** Image build and push of an application for Node.js. */
export async function measureNode(place: Workplace): Promise<readonly Row[]> {
  const buildah = await installBuildah(place);
  const containerify = await installContainerify(place);
  const work = join(place.folder, 'node');
  await clear(work);
  await mkdir(work, { recursive: true });
  const registry = await startRegistry(join(work, 'registry'));
  const end = place.atEnd(async () => {
    await registry.stop();
    await clear(work);
  });
  try {
    place.say('base image and packages');
    const source = join(root, 'bench/apps/node');
    const neighbour = { builder: 'node', files: await neighbourFiles(source) } as const;
    const base = await pushBase(place.cache, registry, neighbour, join(work, 'base'));
    for (const name of ['ptp', 'buildah', 'containerify'])
      await cp(source, join(work, name), {
        recursive: true,
        filter: (path) => !path.startsWith(join(source, 'node_modules')),
      });
    const ours = await ptpContestant({
      work,
      registry,
      base,
      neighbour,
      component: 'app',
      env: {},
    });
    const docker = join(work, 'docker');
    await mkdir(docker, { recursive: true });
    const contestants = [
      ours,
      await buildahContestant(buildah, join(work, 'buildah'), registry.name, base),
      await containerifyContestant(containerify, join(work, 'containerify'), registry.name, docker),
    ];
    // npm's cache has everything then.
    for (const { script } of contestants.slice(1)) await shell({ ...script, lines: install });
    await registry.keep();
    return await measureBuilds(place, contestants, {
      id: 'node',
      edited: 'src/health.js',
      words: 'ok',
      registry,
    });
  } finally {
    await end();
  }
}

const install =
  'if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then ' +
  'npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund --silent; fi';

/** One package of the same lockfile. */
async function neighbourFiles(source: string): Promise<Readonly<Record<string, string>>> {
  const lock = JSON.parse(await readFile(join(source, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  const path = 'node_modules/zod';
  const manifest = {
    name: 'neighbour',
    version: '1.0.0',
    scripts: { start: 'node main.js' },
    dependencies: { zod: lock.packages[path]?.version ?? '' },
  };
  return {
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({
      name: 'neighbour',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': manifest, [path]: lock.packages[path] },
    }),
    'main.js': 'import("zod");\n',
  };
}

async function buildahContestant(
  program: string,
  folder: string,
  registry: string,
  base: string,
): Promise<Contestant> {
  const storage = join(folder, '..', 'buildah-storage');
  const own = `'${program}' --root '${storage}/root' --runroot '${storage}/run' --storage-driver overlay`;
  const reference = `${registry}/buildah/app:v1`;
  const [env, insecure] = [{}, '--tls-verify=false'];
  await shell({ lines: `${own} pull --quiet ${insecure} ${base}`, folder, env });
  const baseId = (await shell({ lines: `${own} images --quiet --no-trunc`, folder, env })).trim();
  return {
    name: 'buildah',
    repository: 'buildah/app',
    tag: 'v1',
    async reset() {
      await rm(join(folder, 'node_modules'), { recursive: true, force: true });
      // Images before those that they stand on.
      const others = `${own} images --all --quiet --no-trunc | grep -v '${baseId}' || true`;
      const remove = `for turn in 1 2 3 4 5 6; do ids=$(${others}); [ -z "$ids" ] && exit 0; ${own} rmi --force $ids || true; done; exit 1`;
      await shell({ lines: remove, folder, env });
    },
    script: {
      folder,
      env,
      lines:
        `${install}; ${own} build --quiet --layers --isolation chroot ${insecure} --build-arg BASE=${base} ` +
        `--tag ${reference} . && ${own} push --quiet ${insecure} ${reference}`,
    },
  };
}

async function containerifyContestant(
  program: string,
  folder: string,
  registry: string,
  docker: string,
): Promise<Contestant> {
  const layers = join(folder, '..', 'containerify-layers');
  await mkdir(layers, { recursive: true });
  const build =
    `'${program}' --fromImage node-base:latest --toImage containerify/app:v1 --registry http://${registry}/v2/ ` +
    `--folder "$PWD" --user 65532 --entrypoint /usr/bin/node,src/main.js --allowInsecureRegistries ` +
    `--allowNoPushAuth --doCrossMount --layerCacheFolder '${layers}'`;
  const script = { folder, env: { DOCKER_CONFIG: docker }, lines: `${install}; ${build}` };
  // The base's layers are in its cache then; what is pushed is forgotten.
  await shell(script);
  return {
    name: 'containerify',
    repository: 'containerify/app',
    tag: 'v1',
    reset: () => rm(join(folder, 'node_modules'), { recursive: true, force: true }),
    script,
  };
}

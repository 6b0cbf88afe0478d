import { join } from 'node:path';
import type { ImageSpec, ImageUser } from '../../core/image-spec.ts';

const nobody: ImageUser = { uid: 65532, gid: 65532, name: 'nonroot', home: '/' };

/** The repository's first word for the cluster's own images. */
export const imagePrefix = 'ptp';

/** The pause image's tag: the container runtime names it before it can be built. */
export const pauseTag = '1';

/** The sandbox's process. */
export const pauseImage: ImageSpec = {
  name: 'pause',
  builder: 'debian',
  packages: ['catatonit'],
  closed: true,
  user: nobody,
  entrypoint: ['/usr/bin/catatonit', '-P'],
};

/** The shell that makes volume folders. */
export const volumeHelperImage: ImageSpec = {
  name: 'volume-helper',
  builder: 'debian',
  packages: ['busybox-static'],
  closed: true,
  user: nobody,
  entrypoint: ['/usr/bin/busybox', 'sh'],
  // The provisioner calls /bin/sh; a file may be a script whose interpreter is a program with an argument.
  files: [
    {
      path: '/usr/bin/sh',
      mode: 0o755,
      content: '#!/usr/bin/busybox sh\nexec /usr/bin/busybox sh "$@"\n',
    },
  ],
};

/** The image of a component that is one static program. */
export function programImage(name: string, folder: string, program: string): ImageSpec {
  return {
    name,
    builder: 'binary',
    programs: [{ from: join(folder, 'bin', program), to: `/${program}` }],
    user: nobody,
    entrypoint: [`/${program}`],
  };
}

import { join } from 'node:path';
import type { ImageSpec, ImageUser } from '../../core/image-spec.ts';
import type { AddOn } from './addons/add-on.ts';

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

/** The images of an add-on's programs, of a component's folder. */
export function programImages(
  { name, program, further = {} }: Pick<AddOn<never>, 'name' | 'program' | 'further'>,
  folder: string,
): readonly ImageSpec[] {
  return [
    programImage(name, folder, program),
    ...Object.entries(further).map(([image, other]) => programImage(image, folder, other)),
  ];
}

/** The image of a component that is one static program. */
function programImage(name: string, folder: string, program: string): ImageSpec {
  return {
    name,
    builder: 'binary',
    programs: [{ from: join(folder, 'bin', program), to: `/${program}` }],
    user: nobody,
    entrypoint: [`/${program}`],
  };
}

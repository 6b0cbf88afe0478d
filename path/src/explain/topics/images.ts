import { fact, showing, size } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const images: Topic = {
  name: 'images',
  part: 'Images',
  question: 'How are images produced? Dockerfile (what is in it, why)? Buildpacks (which, why)?',
  choice: () =>
    'Neither: a builder of our own makes them without a daemon or root. A base of signed Debian packages, the runtime, the dependencies and the application are a layer each, and every byte follows from the sources, so equal sources give equal digests on any machine.',
  turnedDown: [
    {
      what: 'A Dockerfile',
      why: 'its RUN lines give other bytes each time, need a daemon or a user namespace, and each team writes its own',
    },
    {
      what: 'Cloud Native Buildpacks',
      why: 'a builder image of a GiB to trust, a lifecycle that needs a container runtime, and larger images',
    },
    { what: 'Jib, ko', why: 'right for one language each; the idea is theirs' },
  ],
  costs: () =>
    'Node.js, static pages and Go are known; another language needs a builder in path/src/image, or a base image by digest.',
  decisions: [2, 3, 4, 28, 32],
  facts: ({ images: all }) =>
    all.flatMap(({ name, digest, found }) => [
      fact(`image of ${name}`, digest, showing('Image', name, '.digest')),
      ...(found === undefined
        ? [fact(`image of ${name} in the registry`, undefined, 'ptp verify')]
        : [
            fact(
              `size of ${name}`,
              `${size(found.layers.reduce((sum, one) => sum + one, 0))} in ${found.layers.length} layers`,
              showing('Image', name, '.layers'),
            ),
            fact(
              `user that ${name} runs as`,
              found.user,
              showing('Image', name, '.user'),
              found.user !== undefined && !/^(0|root)(:|$)/.test(found.user),
            ),
          ]),
    ]),
};

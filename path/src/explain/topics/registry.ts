import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const registry: Topic = {
  name: 'registry',
  part: 'Publishing',
  question: 'Which registry, and why?',
  choice: ({ cluster }) =>
    cluster.provider === 'local'
      ? 'distribution, the reference registry, in the cluster’s own machine: nodes pull from next door, and nothing leaves this computer.'
      : `${cluster.registry.name}: one that the nodes can pull from; credentials are those of this machine’s Docker configuration.`,
  turnedDown: [
    {
      what: 'Docker Hub',
      why: 'rate limits, another account, and images on the internet for a system on one machine',
    },
    {
      what: 'Loading images into the node without a registry',
      why: 'then nothing is published: no digest to pull, nothing to attach signatures to, no way back',
    },
  ],
  costs: () => 'A local registry is one more process and keeps every release’s layers on the disk.',
  decisions: [6],
  facts: ({ cluster, images }) => [
    fact(
      'registry',
      `${cluster.registry.name}/${cluster.registry.prefix}`,
      showing('Image', images[0]?.name ?? '', '.reference'),
    ),
    fact(
      'images of the release in it',
      `${images.filter(({ found }) => found !== undefined).length} of ${images.length}`,
      'ptp verify',
      images.length > 0 && images.every(({ found }) => found !== undefined),
    ),
  ],
};

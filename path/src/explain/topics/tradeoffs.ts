import { fact } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const tradeoffs: Topic = {
  name: 'tradeoffs',
  part: 'The whole',
  question: 'Discuss the decisions you made, the tradeoffs you accepted and the challenges you faced.',
  choice: () =>
    'Fewer tools and more of our own code: no Docker, helm or kubectl, so that every byte and every field can be traced. Real upstream parts (Kubernetes, containerd, Traefik, cert-manager, PostgreSQL) wherever users depend on them. Each decision that others will ask about has a page; the hardest were a Kubernetes node without Docker or systemd, images that are the same byte by byte on any machine, and rollouts that fail no request.',
  turnedDown: [
    {
      what: 'kind, buildpacks, Argo CD and Terraform put together',
      why: 'quicker to begin with; nobody then answers for the whole, and a failure is in between',
    },
  ],
  costs: () =>
    'More code to read and to keep up to date than glue would be, and one team that has to know it.',
  decisions: [1, 2, 7, 8, 23],
  facts: ({ project, releases, unread }) => [
    fact(
      'what this path was asked for',
      `ptp.yaml: ${project.components.length} components, ${project.services.length} services`,
      'ptp export',
    ),
    fact(
      'releases that were taken back by themselves',
      releases.filter(({ state }) => state === 'failed').length,
      'ptp history',
    ),
    fact(
      'what this answer could not see',
      unread.length === 0 ? 'nothing' : unread.map(({ what }) => what).join(', '),
      'ptp cost',
      unread.length === 0,
    ),
  ],
};

import { label } from '../../kubernetes/labels.ts';
import type { Deployment } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, listed, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const system: Topic = {
  name: 'system',
  part: 'The whole',
  question: 'Demonstrate the running system.',
  choice: ({ project, url, cluster }) =>
    `${project.name} runs on ${cluster.name} (Kubernetes ${cluster.version}) and answers at ${url}: ${listed(project.components.map(({ name }) => name))}, with ${listed(project.services.map(({ name, type }) => `${type} as ${name}`))}.`,
  turnedDown: [
    {
      what: 'A demonstration on Docker Compose or a single process',
      why: 'shows the applications, and nothing of what production asks of them',
    },
  ],
  costs: () =>
    'A whole Kubernetes runs for three small applications; what it takes is among the figures of `ptp cost`.',
  decisions: [25, 7],
  facts: (snapshot) => [
    fact('address', snapshot.url, 'ptp open --print'),
    ...ofKind<Deployment>(snapshot, 'Deployment')
      .filter(({ metadata }) => metadata.labels?.[label.component] !== undefined)
      .map(({ metadata, spec, status }) => {
        const [ready, wanted] = [status?.readyReplicas ?? 0, spec?.replicas ?? 0];
        return fact(metadata.name, `${ready} of ${wanted} copies ready`, 'ptp status', ready >= wanted);
      }),
    ...(snapshot.requests.length === 0
      ? []
      : [
          fact(
            'requests answered by the pods that run now',
            snapshot.requests.reduce((sum, { total }) => sum + total, 0),
            showing('Requests', snapshot.requests[0]?.part ?? ''),
          ),
        ]),
  ],
};

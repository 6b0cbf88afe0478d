import { quantity } from '../../project/quantity.ts';
import { fact, showing, size } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const cluster: Topic = {
  name: 'cluster',
  part: 'Cluster',
  question: 'Which cloud, and why?',
  choice: ({ cluster: { provider, version }, project }) =>
    provider === 'local'
      ? `This machine first: upstream Kubernetes ${version}, compiled from its Go modules, on Linux namespaces. What runs here is what a cloud runs, so the same ptp.yaml goes on to one by another target.`
      : `The cluster of target ${project.target.name} (${provider}), Kubernetes ${version}: the same steps as on one’s own machine.`,
  turnedDown: [
    { what: 'kind or minikube', why: 'both need Docker or a virtual machine' },
    {
      what: 'k3s',
      why: 'another distribution than the clouds have; what is different shows when it is late',
    },
  ],
  costs: ({ cluster: { provider } }) =>
    provider === 'local'
      ? 'The first start compiles Kubernetes, which takes minutes; one machine is no more available than it is.'
      : 'A managed control plane costs by the hour, whether anybody uses it or not.',
  decisions: [7, 8, 25, 31],
  facts: ({ cluster: { name, provider, version }, nodes }) => [
    fact('cluster', `${name} (${provider})`, 'ptp status'),
    fact(
      'Kubernetes',
      version,
      showing('Node', nodes[0]?.metadata.name ?? '', '.status.nodeInfo.kubeletVersion'),
    ),
    ...nodes.map(({ metadata, status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
      const memory = size(quantity(status?.capacity?.memory ?? '') ?? 0);
      return fact(
        `node ${metadata.name}`,
        `${status?.capacity?.cpu} processors, ${memory}, ${status?.nodeInfo?.containerRuntimeVersion}, kubelet ${status?.nodeInfo?.kubeletVersion}${ready ? '' : ', not ready'}`,
        showing('Node', metadata.name, '.status'),
        ready,
      );
    }),
  ],
};

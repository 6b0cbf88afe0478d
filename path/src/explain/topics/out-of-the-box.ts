import type { AnyObject } from '../../kubernetes/objects.ts';
import { ofKind, type Snapshot } from '../../snapshot/snapshot.ts';
import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const outOfTheBox: Topic = {
  name: 'out-of-the-box',
  part: 'Cluster',
  question: 'What behaviour does the cluster have out of the box?',
  choice: ({ cluster }) =>
    cluster.provider === 'local'
      ? 'Little, as upstream has it: scheduling, controllers, and admission (Pod Security, ValidatingAdmissionPolicy). No names, no volumes, no way in, no network policies: these are added.'
      : 'What the provider has put into it: names, volumes, often network policies and a Gateway API class. The path looks at what is there before it uses it.',
  turnedDown: [
    {
      what: 'Trusting the defaults',
      why: 'a plain cluster lets everything talk to everything, runs any image as root, and keeps Secrets in clear in etcd',
    },
  ],
  costs: () => 'Whoever adds little by little has to know what is missing; `ptp doctor` looks.',
  decisions: [7, 13, 24],
  facts(snapshot) {
    const namespace = snapshot.project.target.namespace;
    const labels = ofKind<AnyObject>(snapshot, 'Namespace')[0]?.metadata.labels ?? {};
    return [
      fact(
        'Pod Security that its namespace enforces',
        labels['pod-security.kubernetes.io/enforce'],
        `ptp explain namespace/${namespace} .metadata.labels`,
        labels['pod-security.kubernetes.io/enforce'] === 'restricted',
      ),
      fact(
        'storage classes',
        ofKind<AnyObject>(snapshot, 'StorageClass')
          .map(({ metadata }) => metadata.name)
          .join(', '),
        showing('StorageClass', first(snapshot, 'StorageClass')),
      ),
      fact(
        'gateway classes',
        ofKind<AnyObject>(snapshot, 'GatewayClass')
          .map(({ metadata }) => metadata.name)
          .join(', '),
        showing('GatewayClass', first(snapshot, 'GatewayClass')),
      ),
    ];
  },
};

function first(snapshot: Snapshot, kind: string): string {
  return ofKind<AnyObject>(snapshot, kind)[0]?.metadata.name ?? '';
}

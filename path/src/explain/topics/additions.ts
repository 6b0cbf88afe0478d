import type { NetworkPolicy } from '../../kubernetes/objects.ts';
import { type AnyObject, conditionsOf } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const additions: Topic = {
  name: 'additions',
  part: 'Cluster',
  question: 'What was added to the cluster, and why?',
  choice: () =>
    'CoreDNS for names, a provisioner for volumes, cert-manager for certificates, Traefik as the Gateway API’s controller, a program of our own that enforces network policies, and an admission policy that refuses images that are of no release.',
  turnedDown: [
    {
      what: 'A service mesh',
      why: 'a proxy for each pod; three applications need neither its metrics nor its mutual TLS',
    },
    {
      what: 'Cilium or Calico',
      why: 'either needs more of the kernel or of the machine than the whole cluster does here',
    },
  ],
  costs: () =>
    'Each part has versions to follow; they are pinned in path/components and compiled from source.',
  decisions: [17, 18, 27, 35],
  facts(snapshot) {
    const gateways = ofKind<AnyObject>(snapshot, 'GatewayClass');
    const pods = snapshot.usage.filter(({ namespace }) => namespace !== snapshot.project.target.namespace);
    return [
      ...gateways.map((one) =>
        fact(
          `gateway class ${one.metadata.name}`,
          String(one.spec?.controllerName ?? ''),
          showing('GatewayClass', one.metadata.name, '.spec'),
          conditionsOf(one).some(({ type, status }) => type === 'Accepted' && status === 'True'),
        ),
      ),
      fact(
        'network policies in force',
        ofKind<NetworkPolicy>(snapshot, 'NetworkPolicy').length,
        'ptp export',
      ),
      fact(
        'which images may run',
        ofKind<AnyObject>(snapshot, 'ValidatingAdmissionPolicyBinding')[0] === undefined
          ? undefined
          : 'those of recorded, signed releases alone',
        `ptp explain validatingadmissionpolicybinding/${snapshot.project.target.namespace}.images.ptp.dev .spec`,
      ),
      ...(pods.length === 0
        ? []
        : [
            fact(
              'pods of the cluster’s own',
              `${pods.length}: ${pods
                .map(({ pod }) => pod.replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}$/, ''))
                .toSorted()
                .join(', ')}`,
              'ptp cost',
            ),
          ]),
    ];
  },
};

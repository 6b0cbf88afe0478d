import type { StatefulSet } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, fieldFact } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const services: Topic = {
  name: 'services',
  part: 'Services',
  question: 'How are services deployed?',
  choice: ({ project }) =>
    project.services.length === 0
      ? 'This system needs none.'
      : 'PostgreSQL runs as a StatefulSet from an image that is built from Debian’s signed packages, with settings that fit its memory, before any component starts.',
  turnedDown: [
    {
      what: 'A chart (the original had Bitnami’s)',
      why: 'a thousand lines for one server, and an image that somebody else may withdraw',
    },
    {
      what: 'An operator (CloudNativePG)',
      why: 'right for replicas and failover; one server needs no controller',
    },
    { what: 'A managed database', why: 'what a cloud target uses; there is none on this machine' },
  ],
  costs: () => 'One server, no replica: while its node is away the database is, too.',
  decisions: [14],
  facts: (snapshot) =>
    ofKind<StatefulSet>(snapshot, 'StatefulSet').flatMap(({ metadata, spec, status }) => [
      fact(
        `${metadata.name}`,
        `${status?.readyReplicas ?? 0} of ${spec?.replicas ?? 0} ready`,
        'ptp status',
        (status?.readyReplicas ?? 0) >= (spec?.replicas ?? 0),
      ),
      fieldFact(
        snapshot,
        `image of ${metadata.name}`,
        ['StatefulSet', metadata.name],
        '.spec.template.spec.containers[0].image',
      ),
    ]),
};

import { quantity } from '../../project/quantity.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, size } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const cost: Topic = {
  name: 'cost',
  part: 'Cost',
  question: "How are you using the cloud's resources to minimise cost?",
  choice: () =>
    'One cluster, one load balancer, one small database; requests that are near what pods use, no limit on processor time, images of a few layers that releases share. `ptp cost` says what each part costs, what of it is idle, and what would cost less.',
  turnedDown: [
    {
      what: 'Serverless containers for each component',
      why: 'cheap while nobody comes, and another platform than the one that was asked for',
    },
    {
      what: 'Generous requests to be safe',
      why: 'they are paid for whether used or not; memory limits and two copies make it safe',
    },
  ],
  costs: () => 'Tight requests mean that somebody looks at what is used when the load changes.',
  decisions: [25, 31],
  facts(snapshot) {
    const { project, usage, nodes } = snapshot;
    const own = usage.filter(({ namespace }) => namespace === project.target.namespace);
    const asked = project.components.reduce(
      (sum, one) => sum + one.replicas * (quantity(one.resources.memory) ?? 0),
      0,
    );
    const capacity = nodes.reduce(
      (sum, { status }) => sum + (quantity(status?.capacity?.memory ?? '') ?? 0),
      0,
    );
    return [
      fact('nodes', nodes.length, 'ptp cost'),
      fact('memory that components ask for', size(asked), 'ptp cost'),
      fact(
        'memory that the system’s pods use',
        own.length === 0 ? undefined : size(own.reduce((sum, one) => sum + one.memory, 0)),
        'ptp cost',
      ),
      fact('memory of the nodes', size(capacity), 'ptp cost', capacity > 0),
      fact('ways in from outside', ofKind(snapshot, 'Gateway').length, 'ptp explain route'),
    ];
  },
};

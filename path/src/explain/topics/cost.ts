import { costOf } from '../../cost/cost.ts';
import type { HorizontalPodAutoscaler } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, showing, size } from '../fact.ts';
import type { Topic } from '../topic.ts';

/** Milliseconds that it may take until somebody tells a new autoscaler what copies use. */
const patience = 300_000;

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
  decisions: [51, 60, 61, 25, 31],
  facts(snapshot) {
    const { currency, priced, rows, nodes, month, idle, savings } = costOf(snapshot, snapshot.bill);
    const money = (amount: number) => `${amount.toFixed(2)} ${currency} a month`;
    const [best] = savings;
    const [gateway] = ofKind(snapshot, 'Gateway');
    return [
      ...(month === undefined
        ? []
        : [
            fact(
              'all of it',
              `${money(month)}, at list prices of ${priced}${snapshot.cluster.provider === 'local' ? ', were this machine a rented one of its size' : ''}`,
              'ptp cost',
            ),
          ]),
      ...rows
        .filter(({ kind }) => kind !== 'free' && kind !== 'bill')
        .map(({ name, requested, used, month: each }) =>
          fact(
            name,
            `${each === undefined ? '' : `${money(each)}; `}asks for ${requested.cpu.toFixed(2)} processors and ${size(requested.memory)}${used === undefined ? '' : `, uses ${used.cpu.toFixed(2)} and ${size(used.memory)}`}`,
            'ptp cost',
          ),
        ),
      fact(
        'nodes',
        `${nodes.count}, with ${nodes.capacity.cpu.toFixed(0)} processors and ${size(nodes.capacity.memory)}`,
        'ptp cost',
        nodes.capacity.memory > 0,
      ),
      ...(idle === undefined ? [] : [fact('idle now', `${Math.round(idle * 100)} %`, 'ptp cost')]),
      ...(best === undefined
        ? []
        : [
            fact(
              'what would save most',
              `${best.name}: ${best.month === undefined ? '' : `${money(best.month)} less. `}${best.what} Risk: ${best.risk}`,
              'ptp cost',
            ),
          ]),
      ...ofKind<HorizontalPodAutoscaler>(snapshot, 'HorizontalPodAutoscaler').map(
        ({ metadata, spec, status }) => {
          const told = toldWhatIsUsed(status);
          const age = Date.parse(snapshot.taken) - Date.parse(metadata.creationTimestamp ?? '');
          return fact(
            `copies of ${metadata.name}, by load`,
            `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas ?? 1}; ${status?.currentReplicas ?? 'none'} now${told ? '' : ', and nobody tells what they use'}`,
            showing('HorizontalPodAutoscaler', metadata.name),
            told || age < patience,
          );
        },
      ),
      fact(
        'ways in from outside that are paid for',
        ofKind(snapshot, 'Gateway').length,
        showing('Gateway', gateway?.metadata.name ?? ''),
      ),
    ];
  },
};

/** Whether an autoscaler knows what copies use: it decides nothing otherwise. */
function toldWhatIsUsed(status: HorizontalPodAutoscaler['status']): boolean {
  return (status?.conditions ?? []).some(({ type, status }) => type === 'ScalingActive' && status === 'True');
}

import { servingRelease } from '../../releases/record.ts';
import { fact, listed, moment } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const steps: Topic = {
  name: 'steps',
  part: 'The whole',
  question: 'Demonstrate the steps you took to get it running there, for example by rolling out a change.',
  choice: () =>
    'One command, `ptp up`, walks all of it: images from sources, inspected, published and signed; the cluster; services; a migration; the rollout under measured traffic; the route; and a proof through the public address. The same command rolls out a change, and does only what differs.',
  turnedDown: [
    {
      what: 'A script of docker, helm and kubectl calls',
      why: 'half-way states after a failure, and nothing that knows what changed',
    },
    {
      what: 'A pipeline in a CI service',
      why: 'cannot be tried on one’s own machine; `ptp up` can be one of its steps',
    },
  ],
  costs: () =>
    'A tool of its own has to be maintained; the order of the steps stands in one file, path/src/path.ts.',
  decisions: [37, 38, 34],
  facts({ releases }) {
    const serving = servingRelease(releases);
    const traffic = releases.findLast((one) => one.state === 'serving' && one.traffic !== undefined);
    return [
      fact('releases recorded', releases.length, 'ptp history', releases.length > 0),
      fact(
        'release that serves',
        serving && `${serving.number}, of ${moment(serving.begun)} by ${serving.by}`,
        'ptp status',
      ),
      ...(serving === undefined || serving.rolled.length === 0
        ? []
        : [fact('replaced by it', listed(serving.rolled), `ptp history ${serving.number}`)]),
      ...(traffic?.traffic === undefined
        ? []
        : [
            fact(
              `requests during the rollout of release ${traffic.number}`,
              `${traffic.traffic.requests}, of which ${traffic.traffic.failed} failed`,
              `ptp history ${traffic.number}`,
            ),
          ]),
    ];
  },
};

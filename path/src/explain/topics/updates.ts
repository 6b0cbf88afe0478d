import type { Deployment } from '../../kubernetes/objects.ts';
import { releaseBefore, servingRelease } from '../../releases/record.ts';
import { oneOf, type Snapshot } from '../../snapshot/snapshot.ts';
import { drillFacts } from '../drills.ts';
import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const updates: Topic = {
  name: 'updates',
  part: 'Maintenance',
  question: 'How will you roll out updates?',
  choice: () =>
    '`ptp plan` says what would change, `ptp up` does it under measured traffic: new pods serve before old ones go, and a release that does not come up, or fails more requests than it may, is taken back by itself. `ptp rollback` returns to any release without building. `ptp upgrade` tells what is newer of all that the system stands on, and makes a release of each kind.',
  turnedDown: [
    {
      what: 'Blue and green',
      why: 'twice the pods all the time; a rolling update with a watch on it shows the same',
    },
    {
      what: 'Canary by a mesh',
      why: 'needs traffic enough to tell; the measured requests need none of the users’',
    },
  ],
  costs: () =>
    'Migrations have to fit the version before as well (expand, migrate, contract), because old pods run beside new ones.',
  decisions: [23, 34, 37, 16, 48],
  facts(snapshot) {
    const { releases } = snapshot;
    const [now, before] = [servingRelease(releases), releaseBefore(releases)];
    const measured = releases.filter(({ state, traffic }) => state === 'serving' && traffic !== undefined);
    const [first] = snapshot.project.components;
    return [
      fact('release that serves', now?.number, 'ptp history'),
      ...drillFacts(snapshot, ['rollback', 'node-loss']),
      fact(
        'release that `rollback` would return to',
        before?.number ?? 'none that ran something else',
        'ptp history',
      ),
      ...measured
        .slice(-3)
        .map(({ number, traffic }) =>
          fact(
            `rollout of release ${number}`,
            `${traffic?.requests} requests, ${traffic?.failed} failed, p99 ${Math.round(traffic?.latency?.p99 ?? 0)} ms`,
            `ptp history ${number}`,
          ),
        ),
      ...(first === undefined
        ? []
        : [
            fact(
              `how ${first.name}’s pods are replaced`,
              strategyOf(snapshot, first.name),
              showing('Deployment', first.name, '.spec.strategy'),
            ),
          ]),
    ];
  },
};

function strategyOf(snapshot: Snapshot, name: string): string | undefined {
  const { maxSurge, maxUnavailable } =
    oneOf<Deployment>(snapshot, 'Deployment', name)?.spec?.strategy?.rollingUpdate ?? {};
  if (maxSurge === undefined || maxUnavailable === undefined) return undefined;
  return `up to ${maxSurge} new ones beside the old, of which ${String(maxUnavailable) === '0' ? 'none' : maxUnavailable} may be missing meanwhile`;
}

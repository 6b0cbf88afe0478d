import type { Fact } from '../../core/answer.ts';
import type { Pod } from '../../kubernetes/objects.ts';
import { ofKind, type Snapshot } from '../../snapshot/snapshot.ts';
import { fact, fieldFact, listed } from '../fact.ts';
import type { Topic } from '../topic.ts';
import { alertFacts } from '../watching.ts';

export const alerts: Topic = {
  name: 'alerts',
  part: 'Observability',
  question: 'How will you know if it degrades, or breaks entirely?',
  choice: () =>
    'Probes tell Kubernetes, which takes a pod out or restarts it before a person could. `ptp status` fails where anything is not as it should be and names the cause, so any scheduler can ask it. The monitoring watches what is promised to users: an alert fires when the budget of what may go wrong burns too quickly, names its cause, has a page with what to do, and a heartbeat tells when the monitoring itself is gone.',
  turnedDown: [
    {
      what: 'An alert for each cause',
      why: 'people are woken by what users do not notice, and not by what nobody thought of',
    },
  ],
  costs: () => 'Whoever is told has to be named: an address for alerts is the user’s to give.',
  decisions: [42, 41, 43, 22],
  facts(snapshot) {
    const { alerts: receivers = {}, components } = snapshot.project;
    const told = Object.keys(receivers);
    return [
      ...alertFacts(snapshot),
      ...(snapshot.watching === undefined
        ? []
        : [
            fact(
              'who is told',
              told.length === 0
                ? 'whoever runs `ptp status`: ptp.yaml names nobody else'
                : `${listed(told)}; where that is, ptp.yaml names and does not say`,
              'ptp status',
            ),
          ]),
      ...components.map(({ name }) =>
        fieldFact(
          snapshot,
          `readiness of ${name}`,
          ['Deployment', name],
          '.spec.template.spec.containers[0].readinessProbe.httpGet.path',
        ),
      ),
      restartsFact(snapshot),
    ];
  },
};

/** What ended by itself is something to look at; what was lost with its machine is not. */
function restartsFact(snapshot: Snapshot): Fact {
  const again = ofKind<Pod>(snapshot, 'Pod')
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .filter(({ restartCount }) => restartCount > 0);
  const sum = again.reduce((all, { restartCount }) => all + restartCount, 0);
  // What containerd says of a container whose node went from under it.
  const byThemselves = again.filter(({ lastState }) => lastState?.terminated?.reason !== 'Unknown');
  const why = byThemselves.map(
    ({ name, lastState }) =>
      `${name} ended with ${lastState?.terminated?.exitCode ?? 'a code that is not known'}`,
  );
  return fact(
    'restarts of the pods that run',
    sum === 0
      ? '0'
      : `${sum}; ${why.length === 0 ? 'the last ones with their node' : listed([...new Set(why)])}`,
    'ptp status',
    byThemselves.length === 0,
  );
}

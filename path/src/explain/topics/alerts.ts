import type { Pod } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, fieldFact } from '../fact.ts';
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
    const restarts = ofKind<Pod>(snapshot, 'Pod').flatMap(({ status }) => status?.containerStatuses ?? []);
    const sum = restarts.reduce((all, { restartCount }) => all + restartCount, 0);
    return [
      ...alertFacts(snapshot),
      ...snapshot.project.components.map(({ name }) =>
        fieldFact(
          snapshot,
          `readiness of ${name}`,
          ['Deployment', name],
          '.spec.template.spec.containers[0].readinessProbe.httpGet.path',
        ),
      ),
      fact('restarts of the pods that run', sum, 'ptp status', sum === 0),
    ];
  },
};

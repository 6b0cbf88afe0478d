import type { AnyObject, Pod } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, fieldFact } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const alerts: Topic = {
  name: 'alerts',
  part: 'Observability',
  question: 'How will you know if it degrades, or breaks entirely?',
  choice: () =>
    'Probes tell Kubernetes, which takes a pod out or restarts it before a person could. `ptp status` fails where anything is not as it should be and names the cause, so any scheduler can ask it; where monitoring is installed, its alerts speak of what users see.',
  turnedDown: [
    {
      what: 'An alert for each cause',
      why: 'people are woken by what users do not notice, and not by what nobody thought of',
    },
  ],
  costs: () => 'Whoever is told has to be named: an address for alerts is the user’s to give.',
  decisions: [22, 34],
  facts(snapshot) {
    const restarts = ofKind<Pod>(snapshot, 'Pod').flatMap(({ status }) => status?.containerStatuses ?? []);
    const sum = restarts.reduce((all, { restartCount }) => all + restartCount, 0);
    const rules = ofKind<AnyObject>(snapshot, 'ConfigMap').flatMap(({ metadata, data }) =>
      Object.entries((data ?? {}) as Readonly<Record<string, string>>).flatMap(([, text]) =>
        [...text.matchAll(/^\s*-?\s*"?alert"?:\s*"?([\w-]+)/gm)].map(
          ([, name]) => `${name} (${metadata.name})`,
        ),
      ),
    );
    return [
      ...snapshot.project.components.map(({ name }) =>
        fieldFact(
          snapshot,
          `readiness of ${name}`,
          ['Deployment', name],
          '.spec.template.spec.containers[0].readinessProbe.httpGet.path',
        ),
      ),
      fact('restarts of the pods that run', sum, 'ptp status', sum === 0),
      ...(rules.length === 0 ? [] : [fact('alert rules', rules.join(', '), 'ptp explain alerts --json')]),
    ];
  },
};

import { drillFacts } from '../drills.ts';
import { fact, listed, moment, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const credentials: Topic = {
  name: 'credentials',
  part: 'Services',
  question: 'How are credentials managed?',
  choice: () =>
    'They are made at random where they are first needed, stand in Secrets that are encrypted in etcd and nowhere else, and are never printed: in the tool a secret is a type that shows nothing. The application’s user is not the administrator.',
  turnedDown: [
    { what: 'Passwords in ptp.yaml or in the repository', why: 'they stay in its history for ever' },
    {
      what: 'Vault, External Secrets',
      why: 'right where credentials come from elsewhere; here nobody has to know them',
    },
  ],
  costs: () => 'Who may read Secrets in the namespace may read the password.',
  decisions: [15, 24, 36],
  facts: (snapshot) => {
    const { secrets, project } = snapshot;
    return [
      ...drillFacts(snapshot, ['rotate-database']),
      ...secrets
        .filter(({ name }) => project.services.some((one) => name.startsWith(`${one.name}-`)))
        .map(({ name, keys, created }) =>
          fact(
            `Secret ${name}`,
            `${listed(keys)}; made ${created === undefined ? 'at an unknown time' : moment(created)}`,
            showing('Secret', name),
          ),
        ),
    ];
  },
};

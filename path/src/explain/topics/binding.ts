import type { Deployment } from '../../kubernetes/objects.ts';
import { oneOf } from '../../snapshot/snapshot.ts';
import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const binding: Topic = {
  name: 'binding',
  part: 'Services',
  question: 'How does connection information reach the components?',
  choice: () =>
    'As files below $SERVICE_BINDING_ROOT/<service>/, as servicebinding.io has it: a Secret with type, host, port, database, username and password, mounted read-only into those that need it and no others.',
  turnedDown: [
    {
      what: 'Environment variables',
      why: 'they are inherited, logged and dumped, and cannot change while the process runs',
    },
    {
      what: 'The Service Binding operator',
      why: 'the specification’s files are what matters; who writes them does not',
    },
  ],
  costs: () => 'An application has to read files; most frameworks do.',
  decisions: [15],
  facts: (snapshot) =>
    snapshot.project.components
      .filter(({ needs }) => needs.length > 0)
      .flatMap(({ name, needs }) => [
        fact(
          `mounts of ${name}`,
          oneOf<Deployment>(snapshot, 'Deployment', name)
            ?.spec?.template.spec?.containers[0]?.volumeMounts?.map(
              ({ mountPath, readOnly }) => `${mountPath}${readOnly === true ? ' (read-only)' : ''}`,
            )
            .join(', '),
          showing('Deployment', name, '.spec.template.spec.containers[0].volumeMounts'),
        ),
        ...needs.map((need) => {
          const secret = snapshot.secrets.find((one) => one.name === `${need}-binding`);
          return fact(
            `files of ${need}`,
            secret?.keys.join(', '),
            showing('Secret', `${need}-binding`, '.data'),
          );
        }),
      ]),
};

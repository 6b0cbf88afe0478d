import type { Deployment } from '../../kubernetes/objects.ts';
import { oneOf } from '../../snapshot/snapshot.ts';
import { fact, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

const container = '.spec.template.spec.containers[0]';

export const configuration: Topic = {
  name: 'configuration',
  part: 'Manifests',
  question: 'How are the components configured?',
  choice: () =>
    'By variables and files that ptp.yaml names; PORT and MANAGEMENT_PORT tell them where to listen. From the URLs among the variables follows who may talk to whom. Nothing secret is among them.',
  turnedDown: [
    { what: 'A configuration server', why: 'one more service to be up before anything else is' },
    {
      what: 'Settings in the image',
      why: 'then each place needs another image, and what was tested is not what runs',
    },
  ],
  costs: () => 'A changed value is a rollout, as a changed line of code is; that is meant.',
  decisions: [15, 26, 22],
  facts: (snapshot) =>
    snapshot.project.components.flatMap(({ name }) => {
      const [first] = oneOf<Deployment>(snapshot, 'Deployment', name)?.spec?.template.spec?.containers ?? [];
      const { requests, limits } = first?.resources ?? {};
      return [
        fact(
          `variables of ${name}`,
          first?.env?.map((one) => `${one.name}=${one.value ?? '(from elsewhere)'}`).join(', '),
          showing('Deployment', name, `${container}.env`),
        ),
        fact(
          `resources of ${name}`,
          requests === undefined
            ? undefined
            : `${requests.cpu} of a processor and ${requests.memory} are kept for each copy; ${limits?.memory === undefined ? 'no limit' : `at most ${limits.memory}`}`,
          showing('Deployment', name, `${container}.resources`),
        ),
      ];
    }),
};

import { fieldFact } from '../fact.ts';
import type { Topic } from '../topic.ts';

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
    snapshot.project.components.flatMap(({ name }) => [
      fieldFact(
        snapshot,
        `variables of ${name}`,
        ['Deployment', name],
        '.spec.template.spec.containers[0].env',
      ),
      fieldFact(
        snapshot,
        `resources of ${name}`,
        ['Deployment', name],
        '.spec.template.spec.containers[0].resources',
      ),
    ]),
};

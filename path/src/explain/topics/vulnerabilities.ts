import type { Pod } from '../../kubernetes/objects.ts';
import { usualPolicy } from '../../project/policy.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, fieldFact, showing } from '../fact.ts';
import { reachFacts } from '../reaches.ts';
import type { Topic } from '../topic.ts';

export const vulnerabilities: Topic = {
  name: 'vulnerabilities',
  part: 'Security',
  question: "How do you know it's not vulnerable to exploitation?",
  choice: () =>
    'Nobody knows that; what can be known is asked before images are published: each package is looked up in OSV, and sources and images are searched for credentials. What is found at or above the policy’s severity, and has a fix, stops the release. What gets through finds little: no shell, no root, no privilege, no token, and a network that allows only what is needed.',
  turnedDown: [
    { what: 'Scanning the registry at night', why: 'tells of what has run for a day' },
    {
      what: 'Trivy, Grype',
      why: 'read images to guess their parts; the builder knows them, and says so in signed lists',
    },
  ],
  costs: () =>
    'Without a database (no network) nothing is known, and the release says so; accepted findings need a reason and a last day.',
  decisions: [36, 13, 26, 3],
  facts(snapshot) {
    const policy = snapshot.project.vulnerabilities ?? usualPolicy;
    const containers = ofKind<Pod>(snapshot, 'Pod').flatMap(({ spec }) => spec?.containers ?? []);
    const hard = containers.filter(
      ({ securityContext }) =>
        securityContext?.readOnlyRootFilesystem === true &&
        securityContext.allowPrivilegeEscalation === false &&
        securityContext.runAsNonRoot === true,
    );
    const [first] = snapshot.project.components;
    return [
      fact(
        'what stops a release',
        `${policy.block} with a fix${policy.unfixed === 'block' ? ', and without' : ''}`,
        showing('Policy', 'vulnerabilities'),
      ),
      fact(
        'findings accepted',
        policy.accept.length === 0
          ? 'none'
          : policy.accept.map(({ id, until }) => `${id} until ${until}`).join(', '),
        showing('Policy', 'vulnerabilities', '.accept'),
      ),
      fact(
        'containers without root, privilege or a root that can be written',
        `${hard.length} of ${containers.length}`,
        showing('Deployment', first?.name ?? '', '.spec.template.spec.containers[0].securityContext'),
        containers.length > 0 && hard.length === containers.length,
      ),
      ...(first === undefined
        ? []
        : [
            fieldFact(
              snapshot,
              `token of ${first.name}’s pods`,
              ['Deployment', first.name],
              '.spec.template.spec.automountServiceAccountToken',
            ),
          ]),
      ...reachFacts(snapshot),
    ];
  },
};

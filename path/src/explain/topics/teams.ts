import type { NetworkPolicy } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const teams: Topic = {
  name: 'teams',
  part: 'At scale',
  question:
    'What would it look like for 100 teams: watch sources, test, scan, build, scan the image, generate manifests that keep to the organisation’s standards, GitOps, routes with DNS and TLS, services?',
  choice: () =>
    'The same steps, run by a machine for each commit: `ptp up` builds, scans, signs and rolls out; the standards are in the generated manifests and not in each team’s YAML, and the cluster refuses what did not come this way. `ptp export` gives the manifests to a GitOps repository where one applies them instead.',
  turnedDown: [
    {
      what: 'A platform team’s chart that everybody copies',
      why: 'a hundred copies of it differ after a year',
    },
  ],
  costs: () =>
    'One tool for all is a place where one mistake reaches all; its own tests have to be better than theirs.',
  decisions: [35, 36, 37],
  facts: (snapshot) => [
    fact(
      'lines that a team writes',
      snapshot.file.text.split('\n').filter((line) => /^\s*[^\s#]/.test(line)).length,
      'ptp plan',
    ),
    fact(
      'objects that follow from them',
      snapshot.objects.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'ptp')
        .length,
      'ptp export',
    ),
    fact(
      'network policies among them',
      ofKind<NetworkPolicy>(snapshot, 'NetworkPolicy').length,
      'ptp export',
    ),
  ],
};

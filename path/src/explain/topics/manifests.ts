import { fieldManager } from '../../kubernetes/labels.ts';
import type { AnyObject, Deployment } from '../../kubernetes/objects.ts';
import { servingRelease } from '../../releases/record.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const manifests: Topic = {
  name: 'manifests',
  part: 'Manifests',
  question: 'How are manifests applied?',
  choice: () =>
    'They are typed objects that follow from ptp.yaml, applied by the server (server-side apply) under the manager `ptp`. A dry run first says what differs; only that is changed, and what has left ptp.yaml is removed.',
  turnedDown: [
    {
      what: 'Helm',
      why: 'text templates: what they give is seen when it is too late, and releases are a state of their own',
    },
    {
      what: 'Kustomize and kubectl apply',
      why: 'nothing removes what is gone, and nobody waits for what was applied',
    },
    {
      what: 'Argo CD, Flux',
      why: 'a controller and a second repository; right for many teams (see `ptp explain teams`), too much for one command',
    },
  ],
  costs: () => 'Whoever wants plain YAML gets it by `ptp export`, and cannot write it back.',
  decisions: [12, 11, 37],
  facts(snapshot) {
    const serving = servingRelease(snapshot.releases);
    const managers = new Set(
      ofKind<Deployment>(snapshot, 'Deployment').flatMap(({ metadata }) =>
        (
          (
            metadata as {
              readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
            }
          ).managedFields ?? []
        )
          .filter(({ operation }) => operation === 'Apply')
          .map(({ manager }) => manager ?? ''),
      ),
    );
    const count = serving === undefined ? 0 : Object.values(serving.manifests).flat().length;
    const owned = ofKind<AnyObject>(snapshot, 'Deployment').length;
    return [
      fact('objects of the release', count, 'ptp export', count > 0),
      fact(
        'who applied the Deployments',
        [...managers].toSorted().join(', '),
        'ptp explain deployment/gateway .spec.template',
        // The copies that an autoscaler decides are begun with under a name of their own.
        managers.has(fieldManager) && [...managers].every((one) => one.startsWith(fieldManager)),
      ),
      fact('Deployments', owned, 'ptp export', owned > 0),
    ];
  },
};

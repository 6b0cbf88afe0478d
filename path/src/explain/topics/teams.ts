import { label } from '../../kubernetes/labels.ts';
import type { AnyObject, StatefulSet } from '../../kubernetes/objects.ts';
import { usualPolicy } from '../../project/policy.ts';
import { servingRelease } from '../../releases/record.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, listed, moment, showing } from '../fact.ts';
import type { Topic } from '../topic.ts';

/** The steps of the scalable path, in its words; each fact says what stands for one of them here. */
export const teams: Topic = {
  name: 'teams',
  part: 'At scale',
  question:
    'What would it look like for 100 teams: watch source repositories, test, scan the source, build the image, scan the image, generate manifests that enforce the organisation’s standards, push them to a GitOps repository, apply from there, create ingress routes with DNS and TLS certificates, provision services?',
  choice: () =>
    'The same steps, run by a machine for each commit: `ptp ci` writes the pipeline, a plan for each pull request and a release for each commit of main. `ptp up` scans, builds, signs and rolls out; the standards are in the generated manifests and not in each team’s YAML, and the cluster refuses what did not come this way. `ptp export` gives the manifests to a GitOps repository where one applies them instead.',
  turnedDown: [
    {
      what: 'A platform team’s chart that everybody copies',
      why: 'a hundred copies of it differ after a year',
    },
    {
      what: 'Scanners and signers as steps of each team’s own pipeline',
      why: 'what a team may leave out, some team leaves out',
    },
  ],
  costs: () =>
    'One tool for all is a place where one mistake reaches all; its own tests have to be better than theirs.',
  decisions: [35, 36, 37],
  facts: (snapshot) => {
    const { project, releases, images, objects, certificates, file } = snapshot;
    const serving = servingRelease(releases);
    const policy = project.vulnerabilities ?? usualPolicy;
    const namespace = ofKind<AnyObject>(snapshot, 'Namespace')[0]?.metadata;
    const built = images.filter(({ attached }) => attached.some((type) => /provenance/.test(type)));
    const [route] = ofKind<AnyObject>(snapshot, 'HTTPRoute');
    const certificate = certificates.find(({ authority }) => !authority);
    const own = objects.filter(({ metadata }) => metadata.labels?.[label.managedBy] === 'ptp');
    return [
      fact(
        'watch source repositories: commit that serves',
        serving?.source === undefined
          ? 'its sources are in no commit'
          : `${serving.source.commit.slice(0, 12)}, released by ${serving.by}`,
        serving === undefined ? 'ptp history' : showing('Release', String(serving.number), '.by'),
      ),
      fact(
        'test: what has to serve before old pods go',
        `${ofKind(snapshot, 'Deployment').length} Deployments with probes${serving?.traffic === undefined ? '' : `; ${serving.traffic.requests} requests during the last rollout, ${serving.traffic.failed} failed`}`,
        'ptp history',
      ),
      fact(
        'scan the source and the image: what stops a release',
        `credentials, and vulnerabilities that are ${policy.block} with a fix`,
        showing('Policy', 'vulnerabilities'),
      ),
      fact(
        'build the image: images with a signed provenance',
        `${built.length} of ${images.length}`,
        showing('Image', images[0]?.name ?? '', '.attached'),
        images.length > 0 && built.length === images.length,
      ),
      fact(
        'enforce the organisation’s standards: lines that a team writes',
        file.text.split('\n').filter((line) => /^\s*[^\s#]/.test(line)).length,
        "grep -c '^[[:space:]]*[^[:space:]#]' ptp.yaml",
      ),
      fact('objects that follow from them', own.length, 'ptp export', own.length > 0),
      fact(
        'standard that every pod of the namespace is held to',
        namespace?.labels?.['pod-security.kubernetes.io/enforce'],
        showing('Namespace', project.target.namespace, '.metadata.labels'),
      ),
      fact(
        'push to a GitOps repository: objects of the release as YAML',
        serving === undefined ? undefined : Object.values(serving.manifests).flat().length,
        'ptp export',
      ),
      fact(
        'create ingress routes with DNS and TLS certificates',
        route === undefined
          ? undefined
          : `${listed((route.spec?.hostnames ?? []) as readonly string[])}${certificate === undefined ? '' : `, certificate until ${moment(certificate.until)}`}`,
        showing('HTTPRoute', route?.metadata.name ?? '', '.spec.hostnames'),
      ),
      ...ofKind<StatefulSet>(snapshot, 'StatefulSet').map(({ metadata, spec, status }) =>
        fact(
          `provision services: ${metadata.name}`,
          `${status?.readyReplicas ?? 0} of ${spec?.replicas ?? 0} ready`,
          'ptp status',
          (status?.readyReplicas ?? 0) >= (spec?.replicas ?? 0),
        ),
      ),
    ];
  },
};

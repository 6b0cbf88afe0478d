import { label } from '../../kubernetes/labels.ts';
import type { AnyObject, Pod } from '../../kubernetes/objects.ts';
import { servingRelease } from '../../releases/record.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { fact, listed } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const integrity: Topic = {
  name: 'integrity',
  part: 'Security',
  question: 'How do you know that what you deployed is what you intended to deploy?',
  choice: () =>
    'Images are named by digest, signed together with where they come from and what is in them, and the cluster itself refuses those of no recorded, signed release. Each release’s manifests are recorded; `ptp verify` compares pods, registry, signatures and every field with them, and `--rebuild` builds the commit again and compares the bytes.',
  turnedDown: [
    { what: 'Trusting the registry', why: 'whoever can push can replace' },
    {
      what: 'An admission webhook (Kyverno, sigstore’s policy controller)',
      why: 'one more program without which nothing starts; the API server’s own policies need none',
    },
  ],
  costs: () => 'A key has to be kept: ~/.config/ptp/keys; on a CI service its identity signs instead.',
  decisions: [5, 33, 35, 37, 30],
  facts(snapshot) {
    const serving = servingRelease(snapshot.releases);
    const known = new Set<string>((serving?.images ?? []).map(({ digest }) => digest));
    const running = ofKind<Pod>(snapshot, 'Pod').flatMap(({ metadata, status }) =>
      metadata.labels?.[label.component] === undefined && metadata.labels?.[label.service] === undefined
        ? []
        : (status?.containerStatuses ?? []).map(
            ({ imageID }) => /sha256:[0-9a-f]{64}$/.exec(imageID)?.[0] ?? imageID,
          ),
    );
    const strangers = running.filter((digest) => !known.has(digest));
    return [
      fact(
        'containers that run an image of the release',
        `${running.length - strangers.length} of ${running.length}`,
        'ptp verify',
        running.length > 0 && strangers.length === 0,
      ),
      ...snapshot.images.map(({ name, attached }) =>
        fact(
          `attached to ${name}`,
          attached.length === 0 ? undefined : listed(attached.map(shortType)),
          'ptp verify',
          attached.length >= 3,
        ),
      ),
      fact(
        'what the cluster does with other images',
        ofKind<AnyObject>(snapshot, 'ValidatingAdmissionPolicyBinding')[0]?.spec?.validationActions ===
          undefined
          ? undefined
          : String(
              ofKind<AnyObject>(snapshot, 'ValidatingAdmissionPolicyBinding')[0]?.spec?.validationActions,
            ),
        `ptp explain validatingadmissionpolicybinding/${snapshot.project.target.namespace}.images.ptp.dev .spec.validationActions`,
      ),
      fact(
        'source of the release',
        serving?.source === undefined
          ? 'no commit is known of it'
          : `${serving.source.commit}${serving.source.clean ? '' : ' and changes'}`,
        'ptp verify --rebuild',
        serving?.source?.clean === true,
      ),
    ];
  },
};

/** `https://slsa.dev/provenance/v1` → `slsa.dev/provenance/v1` */
function shortType(type: string): string {
  return type.replace(/^https?:\/\//, '');
}

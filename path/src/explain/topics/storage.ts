import type { CronJob, PersistentVolumeClaim } from '../../kubernetes/objects.ts';
import { ofKind } from '../../snapshot/snapshot.ts';
import { drillFacts } from '../drills.ts';
import { fact, fieldFact, moment, showing, size } from '../fact.ts';
import type { Topic } from '../topic.ts';

export const storage: Topic = {
  name: 'storage',
  part: 'Services',
  question: "How is the database's storage managed?",
  choice: () =>
    'As a claim of the StatefulSet, of the size that ptp.yaml asks for. It is kept whatever happens to the StatefulSet, the node or the cluster; `ptp down --data` alone deletes it, and `ptp restore --anew` where the data is damaged; both say first what would be lost. `ptp restore` puts a backup in the place of what is there, made beside it first.',
  turnedDown: [
    { what: 'A volume that goes with the pod', why: 'every rollout would lose the data' },
    { what: 'Replicated storage (Longhorn, Ceph)', why: 'three machines’ worth of work for one disk' },
  ],
  costs: () =>
    'A local volume is a folder on one machine’s disk: its loss is the data’s loss, but for the backups in the registry.',
  decisions: [14, 47, 62, 8],
  facts: (snapshot) => [
    ...drillFacts(snapshot, ['restore']),
    ...ofKind<CronJob>(snapshot, 'CronJob').map(({ metadata, spec, status }) =>
      fact(
        `backups of ${metadata.name.replace(/-backup$/, '')}`,
        `${spec?.schedule} UTC; ${status?.lastSuccessfulTime === undefined ? 'none was due yet' : `last ${moment(status.lastSuccessfulTime)}`}`,
        `ptp explain cronjob/${metadata.name} .spec.schedule`,
      ),
    ),
    ...ofKind<PersistentVolumeClaim>(snapshot, 'PersistentVolumeClaim').flatMap(
      ({ metadata, spec, status }) => {
        const used = snapshot.usage
          .flatMap(({ volumes }) => volumes)
          .find(({ claim }) => claim === metadata.name);
        return [
          fact(
            `claim ${metadata.name}`,
            `${spec?.resources?.requests?.storage} of class ${spec?.storageClassName}, ${status?.phase}`,
            `ptp explain persistentvolumeclaim/${metadata.name} .spec`,
            status?.phase === 'Bound',
          ),
          ...(used === undefined
            ? []
            : [
                fact(
                  'used of the disk that it is on',
                  `${size(used.used)} of ${size(used.capacity)}`,
                  showing('PersistentVolumeClaim', metadata.name, '.status'),
                  used.used < used.capacity * 0.95,
                ),
              ]),
          ...snapshot.project.services.map(({ name }) =>
            fieldFact(
              snapshot,
              'what becomes of it when the server is deleted',
              ['StatefulSet', name],
              '.spec.persistentVolumeClaimRetentionPolicy.whenDeleted',
            ),
          ),
        ];
      },
    ),
  ],
};

import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { CronJob } from '../kubernetes/objects.ts';
import type { Project, Service } from '../project/project.ts';
import { backupKeyFile, openBackupKey, recipientOf } from './backup-key.ts';
import { backupName, recipientAnnotation } from './postgres/backup/plan.ts';

/**
 * Whom a service's backups are encrypted for: the recipient that the cluster has, whoever put it there; the first time
 * the project's key of this machine, which is made where there is none.
 */
export async function backupRecipient(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
  service: Service,
): Promise<string> {
  const key = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: backupName(service),
    namespace: project.target.namespace,
  };
  const live = await getObject<CronJob>(client, key, context.signal);
  const known = live?.metadata.annotations?.[recipientAnnotation];
  if (known !== undefined) return known;
  return recipientOf(await openBackupKey(backupKeyFile(project.name, process.env)));
}

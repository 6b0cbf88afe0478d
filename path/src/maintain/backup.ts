import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Cluster } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { CronJob, Job } from '../kubernetes/objects.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project } from '../project/project.ts';

/** Seconds that a backup has. */
const deadline = 7200;

/**
 * Makes a backup of every service that ptp.yaml asks backups of, now: what its schedule would start. Returns their names
 * when they are in the registry.
 * @throws UserMistake where no service has backups; StepFailed where one does not come to its end
 */
export async function backUp(
  context: Context,
  client: KubernetesClient,
  project: Project,
  { databases = {} }: Pick<Cluster, 'databases'>,
): Promise<readonly string[]> {
  const wanted = project.services.filter(({ backup }) => backup !== undefined);
  const services = wanted.filter(({ name }) => databases[name] === undefined);
  if (services.length === 0 && wanted.length > 0)
    throw new UserMistake({
      what: `${wanted.map(({ name }) => name).join(', ')}: the cloud runs the database and makes its backups, with every moment of the last days`,
      next: 'docs/clouds says how one is restored.',
    });
  if (services.length === 0)
    throw new UserMistake({
      what: 'no service has backups',
      where: { key: 'services' },
      next: 'Write `backup: {}` into a service of ptp.yaml, and run `ptp up`.',
    });
  const names = services.map(({ name }) => name);
  return timed(context, 'maintain', `back up ${names.join(', ')}`, async () => {
    const jobs = await Promise.all(names.map((name) => jobFor(context, client, project, name)));
    await apply(context, client, jobs, { step: 'maintain', project: project.name });
    await waitUntilReady(context, client, jobs, { step: 'maintain', deadline });
    return { result: names, text: `${names.join(', ')} backed up` };
  });
}

/**
 * Makes a backup of what a restoration has replaced: a database of its own name beside the service's. Nothing older is deleted for it.
 * @throws StepFailed where it does not come to its end
 */
export async function backUpReplaced(
  context: Context,
  client: KubernetesClient,
  project: Project,
  { service, database }: { readonly service: string; readonly database: string },
): Promise<void> {
  const job = await jobFor(context, client, project, service);
  const env = [
    { name: 'DATABASE', value: database },
    { name: 'SUFFIX', value: '-replaced' },
    { name: 'KEEP', value: '100000' },
  ];
  const spec = job.spec?.template.spec;
  if (spec === undefined) throw new Error(`the Job of ${service}'s backups has no pod`);
  const named = new Set(env.map(({ name }) => name));
  const containers = spec.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []).filter(({ name }) => !named.has(name)), ...env],
  }));
  const template = { ...job.spec?.template, spec: { ...spec, containers } };
  const own = { ...job, spec: { ...job.spec, template } };
  await apply(context, client, [own], { step: 'maintain', project: project.name });
  await waitUntilReady(context, client, [own], { step: 'maintain', deadline });
}

async function jobFor(
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
  client: KubernetesClient,
  project: Project,
  service: string,
): Promise<Job> {
  const { namespace } = project.target;
  const name = `${service}-backup`;
  const schedule = await getObject<CronJob>(
    client,
    { apiVersion: 'batch/v1', kind: 'CronJob', name, namespace },
    signal,
  );
  const template = schedule?.spec?.jobTemplate;
  if (template?.spec === undefined)
    throw new StepFailed({
      what: `nothing makes backups of ${service} here`,
      where: { object: `${namespace}/cronjob/${name}` },
      next: 'Run `ptp up`: it sets that up, or says why it cannot.',
    });
  const stamp = Math.floor(clock.now().getTime() / 1000).toString(36);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${name}-${stamp}`, namespace, labels: { ...template.metadata?.labels } },
    spec: { ...template.spec, backoffLimit: 0, ttlSecondsAfterFinished: 3600 },
  };
}

import { StepFailed } from '../../core/failure.ts';
import type { Rehearsal } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import { deleteObject } from '../../kubernetes/delete.ts';
import { execute } from '../../kubernetes/execute.ts';
import { label } from '../../kubernetes/labels.ts';
import { getObject } from '../../kubernetes/list.ts';
import { moreNodesMayCome } from '../../kubernetes/more-nodes.ts';
import { conditionsOf, keyOf, type Pod, type StatefulSet } from '../../kubernetes/objects.ts';
import { containerSecurity, podSecurity } from '../../kubernetes/pod-security.ts';
import { isFull, type PodTrouble, podTrouble } from '../../kubernetes/pod-trouble.ts';
import type { ServicePlace } from '../service.ts';
import { tableSums } from './backup/scripts.ts';
import { paths } from './configuration.ts';
import { postgresUser, programs } from './image.ts';

/** Seconds that the scratch server has to come up. */
const deadline = 120;
const every = 250;

/**
 * Restores a dump into a server of its own: a pod without a volume, a Service or a way in or out, which is taken away
 * afterwards. Returns the sums of its tables, in the form of `tableSums`.
 * @param dump what `pg_dump --format=custom` wrote
 */
export async function rehearsePostgres(
  context: Context,
  place: ServicePlace,
  dump: AsyncIterable<Uint8Array>,
): Promise<Rehearsal> {
  const { client, project, service } = place;
  const { namespace } = project.target;
  const key = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: service.name, namespace };
  const image = (await getObject<StatefulSet>(client, key, context.signal))?.spec?.template.spec
    ?.containers[0]?.image;
  if (image === undefined)
    throw new StepFailed({ what: `${service.name} is not there`, next: 'Run `ptp up`.' });
  const pod = scratchPod(place, image);
  const quiet = { ...context, emit: () => {} };
  const options = { step: 'maintain', project: project.name } as const;
  await deleteObject(quiet, client, keyOf(pod), options);
  await untilGone(context, place, pod);
  await apply(quiet, client, [pod], options);
  try {
    await untilReady(context, place, pod);
    const began = context.clock.monotonic();
    const run = async (
      program: string,
      args: readonly string[],
      input: string | AsyncIterable<Uint8Array>,
    ) => {
      const { code, stdout, stderr } = await execute(client, {
        namespace,
        pod: pod.metadata.name,
        container: 'postgres',
        command: [
          `${programs(service.version)}/${program}`,
          `--host=${paths.sockets}`,
          '--username=postgres',
          ...args,
        ],
        input,
        signal: context.signal,
      });
      if (code === 0) return stdout;
      throw new StepFailed({
        what: `the backup cannot be restored: ${program} ended with ${code}`,
        details: stderr.trim().split('\n').slice(-5),
      });
    };
    await run('pg_restore', ['--dbname=postgres', '--exit-on-error', '--no-owner', '--no-privileges'], dump);
    const restored = context.clock.monotonic();
    const words = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1'];
    const tables = await run('psql', [...words, '--dbname=postgres'], tableSums);
    return { tables, seconds: Math.round((restored - began) / 10) / 100 };
  } finally {
    // Also where the user has ended it.
    const ending = { ...quiet, signal: AbortSignal.timeout(10_000) };
    await deleteObject(ending, client, keyOf(pod), options).catch(() => {});
  }
}

function scratchPod({ project, service }: ServicePlace, image: string): Pod {
  const server = programs(service.version);
  const script = `set -eu
${server}/initdb --pgdata=/scratch/data --username=postgres --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --auth=trust --no-sync > /dev/null
exec ${server}/postgres -D /scratch/data -c listen_addresses= -c unix_socket_directories=${paths.sockets} -c fsync=off -c full_page_writes=off -c shared_buffers=64MB
`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${service.name}-restore-drill`,
      namespace: project.target.namespace,
      labels: { [label.name]: `${service.name}-restore-drill`, [label.partOf]: project.name },
    },
    spec: {
      serviceAccountName: service.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Never',
      activeDeadlineSeconds: 3600,
      terminationGracePeriodSeconds: 1,
      securityContext: podSecurity(postgresUser),
      containers: [
        {
          name: 'postgres',
          image,
          command: ['/bin/sh', '-c', script],
          env: [{ name: 'PATH', value: `${server}:/usr/bin:/bin` }],
          readinessProbe: {
            exec: { command: [`${server}/pg_isready`, '--quiet', `--host=${paths.sockets}`] },
            periodSeconds: 1,
            timeoutSeconds: 5,
          },
          // Where the processor is short, whoever is served goes before a trial.
          resources: { requests: { cpu: '10m', memory: '128Mi' }, limits: { memory: '512Mi' } },
          securityContext: containerSecurity,
          volumeMounts: [
            { name: 'scratch', mountPath: '/scratch' },
            { name: 'sockets', mountPath: paths.sockets },
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'shared-memory', mountPath: '/dev/shm' },
          ],
        },
      ],
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'sockets', emptyDir: { sizeLimit: '1Mi' } },
        { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
        { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
      ],
    },
  };
}

async function untilReady(context: Context, place: ServicePlace, pod: Pod): Promise<void> {
  const { client } = place;
  const { clock, signal, emit } = context;
  const began = clock.monotonic();
  for (;;) {
    const live = await getObject<Pod>(client, keyOf(pod), signal);
    if (
      live !== undefined &&
      conditionsOf(live).some(({ type, status }) => type === 'Ready' && status === 'True')
    )
      return;
    const trouble = live === undefined ? undefined : podTrouble(live);
    const late = (clock.monotonic() - began) / 1000 > deadline;
    if (late || (await isHopeless(trouble, place, signal)) || live?.status?.phase === 'Failed')
      throw new StepFailed({
        what: `the scratch server does not come up: ${trouble?.reason ?? live?.status?.phase ?? 'no pod'}`,
        where: { object: `${pod.metadata.namespace}/pod/${pod.metadata.name}` },
      });
    emit({ kind: 'progress', step: 'maintain', task: 'restore', text: 'waiting for the scratch server' });
    await clock.sleep(every, signal);
  }
}

async function isHopeless(
  trouble: PodTrouble | undefined,
  { client }: ServicePlace,
  signal: AbortSignal,
): Promise<boolean> {
  if (trouble?.hopeless !== true) return false;
  return !isFull(trouble) || !(await moreNodesMayCome(client, signal));
}

async function untilGone({ clock, signal }: Context, { client }: ServicePlace, pod: Pod): Promise<void> {
  while ((await getObject<Pod>(client, keyOf(pod), signal)) !== undefined) await clock.sleep(every, signal);
}

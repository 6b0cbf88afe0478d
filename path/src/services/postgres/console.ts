import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { execute } from '../../kubernetes/execute.ts';
import { list } from '../../kubernetes/list.ts';
import { conditionsOf, type Pod } from '../../kubernetes/objects.ts';
import type { ServicePlace } from '../service.ts';
import { podLabels } from './binding.ts';
import { paths } from './configuration.ts';
import { programs } from './image.ts';

/** The server's own console. */
export interface Console {
  /** The pod's name. */
  readonly pod: string;
  /**
   * Runs statements, each ended by a semicolon, as the superuser, and returns what the last ones answer: columns by `|`.
   * Throws StepFailed with the server's words where one fails; statements are never in them.
   */
  run(sql: string, database?: string): Promise<string>;
}

/**
 * Opens the server's console: psql in the server's own container, through the socket that only the server's user has.
 * No password is needed, and nothing has to listen for it. @throws StepFailed where no server is ready
 */
export async function openConsole(
  context: Pick<Context, 'signal'>,
  { client, project, service }: ServicePlace,
): Promise<Console> {
  const { namespace } = project.target;
  const labels = Object.entries(podLabels(project.name, service.name))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods = await list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace, labels }, context.signal);
  const ready = pods.find(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  if (ready === undefined)
    throw new StepFailed({
      what: `${service.name} does not answer`,
      where: { object: `${namespace}/statefulset/${service.name}` },
      next: 'Run `ptp status`, and `ptp up` to mend it.',
    });
  const pod = ready.metadata.name;
  const options = [`--host=${paths.sockets}`, '--username=postgres'];
  return consoleIn(context, { client, project, service }, { pod, container: 'postgres', options });
}

/** psql in a container: where it is, and how it finds the server. Throws as `Console.run` does. */
export function consoleIn(
  context: Pick<Context, 'signal'>,
  { client, project, service }: ServicePlace,
  at: { readonly pod: string; readonly container: string; readonly options: readonly string[] },
): Console {
  const { pod, container, options } = at;
  const { namespace } = project.target;
  return {
    pod,
    async run(sql, database = 'postgres') {
      const { code, stdout, stderr } = await execute(client, {
        namespace,
        pod,
        container,
        command: [
          `${programs(service.version)}/psql`,
          '--no-psqlrc',
          '--quiet',
          '--tuples-only',
          '--no-align',
          '--set=ON_ERROR_STOP=1',
          '--set=VERBOSITY=terse',
          ...options,
          `--dbname=${database}`,
        ],
        input: sql,
        signal: context.signal,
      });
      if (code === 0) return stdout.trim();
      throw new StepFailed({
        what: `${service.name} refuses a statement`,
        where: { object: `${namespace}/pod/${pod}` },
        details: stderr.trim().split('\n').slice(-5),
      });
    },
  };
}

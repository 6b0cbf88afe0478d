import type { LogLine, LogOptions } from '../cli/actions.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { label } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import { readLogs } from '../kubernetes/logs.ts';
import type { Project } from '../project/project.ts';

/** Tells what a project's pods have written, and with `follow` what they write until the signal. */
export async function followLogs(
  context: Context,
  client: KubernetesClient,
  project: Project,
  options: LogOptions,
  onLine: (line: LogLine) => void,
): Promise<void> {
  const parts = [...project.components, ...project.services].map((part) => part.name);
  if (options.part !== undefined && !parts.includes(options.part)) {
    throw new UserMistake({
      what: `${project.name} has no part called ${options.part}`,
      next: `Name one of ${parts.join(', ')}, or none for all of them.`,
    });
  }
  const wanted = options.part === undefined ? parts : [options.part];
  if (!options.follow) await assertThere(context, client, project);
  await Promise.all(
    wanted.map((part) =>
      readLogs(context, client, {
        namespace: project.target.namespace,
        labels: partLabels(project, part),
        tail: options.lines,
        follow: options.follow,
        previous: options.previous,
        ...(options.since === undefined ? {} : { since: options.since }),
        onLine: ({ pod, text }) => onLine({ part, pod, text }),
      }),
    ),
  );
}

/** Silence would say that the components are quiet, where there are none. */
async function assertThere(
  context: Context,
  client: KubernetesClient,
  { name, target }: Project,
): Promise<void> {
  const pods = await list(
    client,
    { apiVersion: 'v1', kind: 'Pod', namespace: target.namespace, labels: `${label.project}=${name}` },
    context.signal,
  );
  if (pods.length > 0) return;
  throw new StepFailed({
    what: `nothing of ${name} runs in the namespace ${target.namespace}`,
    next: 'Run `ptp up`.',
  });
}

function partLabels(project: Project, part: string): string {
  const service = project.services.some((one) => one.name === part);
  return `${label.project}=${project.name},${service ? label.service : label.component}=${part}`;
}

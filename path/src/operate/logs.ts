import type { LogLine, LogOptions } from '../cli/actions.ts';
import { UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { label } from '../kubernetes/labels.ts';
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
  await Promise.all(
    wanted.map((part) =>
      readLogs(context, client, {
        namespace: project.target.namespace,
        labels: partLabels(project, part),
        tail: options.lines,
        follow: options.follow,
        previous: options.previous,
        onLine: ({ pod, text }) => onLine({ part, pod, text }),
      }),
    ),
  );
}

function partLabels(project: Project, part: string): string {
  const service = project.services.some((one) => one.name === part);
  return `${label.project}=${project.name},${service ? label.service : label.component}=${part}`;
}

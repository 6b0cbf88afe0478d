import { hashOf } from '../kubernetes/hash.ts';
import { label } from '../kubernetes/labels.ts';
import type { Job } from '../kubernetes/objects.ts';
import type { Component, Project } from '../project/project.ts';
import type { Migration } from './plan.ts';
import { type ComponentInput, containerBase, origins, podBase } from './pod.ts';

/** Seconds that the migrations of a release may take together. */
export function migrationDeadlineOf({ rollout }: Project): number {
  return rollout?.migrationDeadline ?? 600;
}

/**
 * The Job that runs a component's migration from its new image. Its name follows from all that it does, so the same
 * migration is the same Job, and another one never meets the first one's unchangeable template.
 */
export function migrationJob(input: ComponentInput): Migration | undefined {
  const { project, component } = input;
  if (component.migrate === undefined) return undefined;
  const pod = {
    ...podBase(input),
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 30,
    containers: [{ name: 'migrate', ...containerBase(input), command: component.migrate }],
  };
  const mark = hashOf({ pod, revisions: origins(input) });
  const job = jobOfMigration(project, component, mark, { annotations: origins(input), pod });
  return { component: component.name, mark, job };
}

/** A Job for a component's migration, whatever its pod is. `suffix`: what its name ends with. */
export function jobOfMigration(
  project: Project,
  component: Pick<Component, 'name'>,
  suffix: string,
  { annotations, pod }: { readonly annotations?: Readonly<Record<string, string>>; readonly pod: object },
): Job {
  const labels = {
    [label.name]: `${component.name}-migrate`,
    [label.instance]: project.name,
    [label.project]: project.name,
    // The network policies of the component hold for its migration as well.
    [label.component]: component.name,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${component.name.slice(0, 40)}-migrate-${suffix}`,
      namespace: project.target.namespace,
      labels: { ...labels, [label.partOf]: project.name },
    },
    spec: {
      backoffLimit: 1,
      // Who waits for it ends it before: this is for the case that nobody does.
      activeDeadlineSeconds: migrationDeadlineOf(project) + 60,
      ttlSecondsAfterFinished: 3600,
      template: { metadata: { labels, ...(annotations === undefined ? {} : { annotations }) }, spec: pod },
    },
  } as Job;
}

import { type Problem, StepFailed } from '../core/failure.ts';
import type { Project } from '../project/project.ts';
import { serviceKinds } from './table.ts';

/**
 * The failure of services that did not come up; where what a service wrote last says that its data is damaged, with the
 * way out. Any other error is returned as it is.
 */
export function withWayOut(
  error: unknown,
  { services, target }: Pick<Project, 'services' | 'target'>,
): unknown {
  if (!(error instanceof StepFailed)) return error;
  const damaged = (problem: Problem): boolean =>
    services.some(({ name, type }) => {
      const own = problem.where?.object?.startsWith(`${target.namespace}/statefulset/${name}`) === true;
      return own && (problem.details ?? []).some((line) => serviceKinds[type].tellsOfDamage?.(line) === true);
    });
  if (!error.problems.some(damaged)) return error;
  const problems = error.problems.map((problem) =>
    damaged(problem)
      ? {
          ...problem,
          next: 'Its data is damaged. Where there is a backup, `ptp restore --anew` throws the volume away and puts the newest there; without one `ptp down --data` deletes everything, and `ptp up` begins anew.',
        }
      : problem,
  );
  return new StepFailed(problems, { cause: error });
}

import { UserMistake } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import type { ClusterProvider } from '../provider.ts';

/** A cluster that a public cloud runs, with what belongs to it in the account. */
export const managedProvider: ClusterProvider = {
  start: (_context, project) => Promise.reject(notYet(project)),
  find: (_context, project) => Promise.reject(notYet(project)),
  remove: (_context, project) => Promise.reject(notYet(project)),
  check: (_context, project) => Promise.reject(notYet(project)),
};

function notYet(project: Project | undefined): UserMistake {
  return new UserMistake({
    what: `this version of ptp cannot carry a system to ${project?.target.cluster} yet`,
    next: 'Make the cluster yourself and name it as a target of `cluster: kubeconfig`, or take a local target.',
  });
}

import type { CloudTarget, Project } from '../../project/project.ts';

/** What the target says of the cloud. Throws Error where it is no target of this cloud. */
export function targetOf({ target }: Project): CloudTarget {
  if (target.cloud?.kind !== 'gke') throw new Error(`${target.name} is no target in Google Cloud`);
  return target.cloud;
}

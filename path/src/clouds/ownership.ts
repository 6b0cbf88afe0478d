import type { Project } from '../project/project.ts';

/** The tags that make a resource ours, as every cloud takes them (Google: labels of small letters and hyphens). */
export function ownTags({
  name,
  target,
}: Pick<Project, 'name' | 'target'>): Readonly<Record<string, string>> {
  return { 'ptp-project': name, 'ptp-target': target.name };
}

/** Whether tags are those of this project and target. */
export function isOurs(
  tags: Readonly<Record<string, string | undefined>> | undefined,
  project: Pick<Project, 'name' | 'target'>,
): boolean {
  return Object.entries(ownTags(project)).every(([key, value]) => tags?.[key] === value);
}

/** What a project's resources are called in an account: `shop-aws`. Never longer than 40 characters. */
export function stackName({ name, target }: Pick<Project, 'name' | 'target'>): string {
  return `${name}-${target.name}`;
}

import type { AddonHealth, ClusterHealth } from '@aws-sdk/client-eks';
import type { Project } from '../../../project/project.ts';
import { ownTags, stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import type { Aws } from '../api.ts';

/** A resource in an AWS account. */
export type AwsResource<Value = unknown> = Resource<Aws, Value>;

/** A tag as most services write it. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The tags that make a resource ours, with what it is called. */
export function tagsOf(project: Project, name: string): Tag[] {
  return Object.entries({ Name: name, ...ownTags(project) }).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags as a record, however the service writes them. */
export function recordOf(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value]));
}

/** What EC2 is asked for, to be told of ours alone: names are no keys there. */
export function filtersOf(project: Project, name: string): { Name: string; Values: string[] }[] {
  return tagsOf(project, name).map(({ Key, Value }) => ({ Name: `tag:${Key}`, Values: [Value] }));
}

/** Why something of EKS's is not well, in EKS's words. */
export function whyOf(health: AddonHealth | ClusterHealth | undefined): { readonly why?: string } {
  const issues = (health?.issues ?? []).map(({ message = '', code = '' }) => message || code);
  return issues.length === 0 ? {} : { why: issues.join('; ') };
}

/** `shop-aws-vpc` */
export function nameOf(project: Project, what: string): string {
  return `${stackName(project)}-${what}`;
}

/**
 * The one of several that is meant where a call that was not answered left two behind: always the same. Deleting comes
 * back for the others.
 */
export function first<Item>(
  items: readonly Item[] | undefined,
  id: (item: Item) => string | undefined,
): Item | undefined {
  return (items ?? []).toSorted((a, b) => (id(a) ?? '').localeCompare(id(b) ?? ''))[0];
}

import type { Problem } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import type { Resource } from '../resource.ts';
import type { Aws } from './api.ts';

/** Quotas that what is wanted would hit, and rights that the caller lacks, as far as AWS tells. Changes nothing. */
export async function obstacles(
  _api: Aws,
  _project: Project,
  _wanted: readonly Resource<Aws>[],
): Promise<readonly Problem[]> {
  return [];
}

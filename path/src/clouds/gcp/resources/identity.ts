import { z } from 'zod';
import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { isMarked, markOf, nameOf } from '../names.ts';
import { restResource } from '../rest.ts';

/** A service account that something of the stack is. */
export interface Role {
  /** Its id: the part of its address before the @. */
  readonly name: string;
  readonly account: Resource<GoogleApi, undefined>;
}

/** The address of a service account of the project. */
export function emailOf(name: string): string {
  return `${name}@{project}.iam.gserviceaccount.com`;
}

/**
 * A service account without keys (IAM v1).
 * @param use what it is: `nodes`, `dns`; the end of its name
 */
export function accountResource(project: Project, use: string, services: Resource<GoogleApi>): Role {
  const name = nameOf(project, use, 30);
  const account = { displayName: `${project.name}: ${use}`, description: markOf(project) };
  return {
    name,
    account: restResource({
      id: `account-${use}`,
      kind: 'service account',
      name,
      needs: [services],
      desired: { accountId: name, serviceAccount: account },
      deadline: 300,
      at: { service: 'iam', path: `v1/projects/{project}/serviceAccounts/${emailOf(name)}` },
      make: {
        service: 'iam',
        method: 'POST',
        path: 'v1/projects/{project}/serviceAccounts',
        body: { accountId: name, serviceAccount: account },
      },
      answer: z.object({ description: z.string().optional() }),
      read: ({ description }) => ({
        state: 'ready',
        ours: isMarked(description, project),
        value: undefined,
      }),
    }),
  };
}

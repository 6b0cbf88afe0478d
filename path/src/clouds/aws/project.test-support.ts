import type { CloudTarget, Project } from '../../project/project.ts';

/** A project with one component and one database, for a target on AWS. */
export function shop(cloud: Partial<CloudTarget> = {}): Project {
  return {
    name: 'shop',
    components: [{ name: 'web' }],
    services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
    target: {
      name: 'aws',
      cluster: 'eks',
      domain: 'shop.acme.dev',
      namespace: 'shop',
      cloud: {
        kind: 'eks',
        region: 'eu-west-1',
        access: [],
        databases: 'managed',
        acme: { server: 'https://acme.acme.dev/directory' },
        ...cloud,
      },
    },
  } as unknown as Project;
}

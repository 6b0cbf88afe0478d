import type { CloudTarget, Project } from '../../project/project.ts';
import { smallComponent } from '../../project/testing/small-component.ts';

/** A system with a database, on a target in Google Cloud. */
export function googleProject(cloud: Partial<CloudTarget> = {}, project: Partial<Project> = {}): Project {
  const name = project.name ?? 'shop';
  return {
    name,
    folder: '/nowhere',
    components: [
      smallComponent('web', {
        needs: ['db'],
        replicas: 2,
        resources: { cpu: '100m', memory: '64Mi', memoryLimit: '128Mi' },
      }),
    ],
    services: [{ name: 'db', type: 'postgres', version: 18, storage: '1Gi' }],
    target: {
      name: 'gcp',
      cluster: 'gke',
      domain: `${name}.example.com`,
      namespace: name,
      instance: name,
      ports: { http: 80, https: 443 },
      cloud: {
        kind: 'gke',
        region: 'europe-west1',
        access: ['203.0.113.0/24'],
        databases: 'managed',
        acme: { server: 'https://acme.example.com/directory' },
        ...cloud,
      },
    },
    ...project,
  };
}

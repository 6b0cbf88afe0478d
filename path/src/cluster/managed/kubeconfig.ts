import { stringify } from 'yaml';
import type { ManagedCluster } from '../../clouds/cloud.ts';
import { Secret } from '../../core/secret.ts';
import type { Project } from '../../project/project.ts';

/**
 * A kubeconfig for a cluster of a cloud: kubectl is told to ask `ptp token` for a token whenever it needs one
 * (client.authentication.k8s.io/v1); ptp itself takes `Cluster.token`.
 */
export function kubeconfigFor(
  { target, folder }: Pick<Project, 'target' | 'folder'>,
  cluster: Pick<ManagedCluster, 'name' | 'server' | 'authority'>,
): Secret {
  const { name, server, authority } = cluster;
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'ptp',
    args: ['token', '--target', target.name, '--file', `${folder}/ptp.yaml`],
    interactiveMode: 'Never',
    provideClusterInfo: false,
  };
  return new Secret(
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name,
          cluster: {
            server,
            'certificate-authority-data': Buffer.from(authority).toString('base64'),
          },
        },
      ],
      users: [{ name, user: { exec } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: target.namespace } }],
      'current-context': name,
    }),
  );
}

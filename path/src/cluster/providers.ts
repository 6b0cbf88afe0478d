import type { Project } from '../project/project.ts';
import { kubeconfigProvider } from './kubeconfig/provider.ts';
import { localProvider } from './local/provider.ts';
import { managedProvider } from './managed/provider.ts';
import type { ClusterProvider } from './provider.ts';

/** The kinds of clusters, by the word in ptp.yaml. */
export const providers: Readonly<Record<Project['target']['cluster'], ClusterProvider>> = {
  local: localProvider,
  kubeconfig: kubeconfigProvider,
  eks: managedProvider,
  gke: managedProvider,
  aks: managedProvider,
};

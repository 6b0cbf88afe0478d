import { type CloudKindName, cloudKinds } from '../clouds/kinds.ts';
import type { Project } from '../project/project.ts';
import { kubeconfigProvider } from './kubeconfig/provider.ts';
import { localProvider } from './local/provider.ts';
import { managedProvider } from './managed/provider.ts';
import type { ClusterProvider } from './provider.ts';

const managed = Object.fromEntries(
  Object.keys(cloudKinds).map((kind) => [kind, managedProvider]),
) as Readonly<Record<CloudKindName, ClusterProvider>>;

/** The kinds of clusters, by the word in ptp.yaml. */
export const providers: Readonly<Record<Project['target']['cluster'], ClusterProvider>> = {
  local: localProvider,
  kubeconfig: kubeconfigProvider,
  ...managed,
};

import type { AddOn, NodeSite } from './add-on.ts';
import { certManager } from './cert-manager.ts';
import { coredns } from './coredns.ts';
import { localPath } from './local-path.ts';
import { traefik } from './traefik.ts';

/** What a local cluster has beyond Kubernetes itself, in the order in which it is installed. */
export const addOns: readonly AddOn<NodeSite>[] = [coredns, localPath, certManager, traefik];

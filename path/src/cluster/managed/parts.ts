import type { ManagedCluster } from '../../clouds/cloud.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { addOnPart } from '../local/add-on-part.ts';
import { type AddOn, type CloudSite, systemNamespace } from '../local/addons/add-on.ts';
import { certManager } from '../local/addons/cert-manager.ts';
import { certManagerAcme } from '../local/addons/cert-manager-acme.ts';
import { monitoringAddOn } from '../local/addons/monitoring.ts';
import { object } from '../local/addons/objects.ts';
import { traefik } from '../local/addons/traefik.ts';
import { withoutMonitoring } from '../local/monitored.ts';
import { acmeComponent, components } from '../local/source/components.ts';
import { lately } from '../local/source/lately.ts';
import { obtainAll } from '../local/source/obtain-all.ts';
import type { Part } from '../provider.ts';

/** Whether a cloud has a door of its own, whether certificates are asked of a public authority, and whether it is watched. */
export interface WantedParts {
  readonly ownGateway: boolean;
  readonly acme: boolean;
  readonly monitoring: boolean;
}

/** Who issues certificates, and the door where the cloud has none: what users wait for. */
export function addOnsFor({
  ownGateway,
  acme,
}: Pick<WantedParts, 'ownGateway' | 'acme'>): readonly AddOn<CloudSite>[] {
  return [certManager, ...(acme ? [certManagerAcme] : []), ...(ownGateway ? [] : [traefik])];
}

/** What a cloud's cluster is given: a place for its add-ons, and these. */
export function partsFor(
  context: Context,
  wantedParts: WantedParts,
  cluster: Promise<ManagedCluster>,
): readonly Part[] {
  const addOns = addOnsFor(wantedParts);
  const wanted = [...components, acmeComponent].filter(({ name }) =>
    addOns.some(({ component }) => component === name),
  );
  const inOrder = obtainAll(context, wanted);
  const obtained = new Map(wanted.map((component, index) => [component.name, inOrder[index]]));
  const site = async () => siteOf(await cluster);
  return [
    base(context, cluster),
    ...addOns.map((addOn) => addOnPart(context, addOn, { obtained, site, patience })),
    wantedParts.monitoring
      ? addOnPart(context, monitoringAddOn(), { obtained: lately(context), site, patience })
      : withoutMonitoring,
  ];
}

/** Seconds: the first pods wait for the first node, which takes minutes. */
const patience = 600;

function siteOf({
  loadBalancer = {},
  certificates = {},
  certificatePods = {},
  storageClass,
}: ManagedCluster): CloudSite {
  return { kind: 'cloud', loadBalancer, certificates, certificatePods, storageClass };
}

function base(context: Context, cluster: Promise<ManagedCluster>): Part {
  return {
    name: 'base',
    images: async () => [],
    install: async (client) => {
      const { objects } = await cluster;
      const namespace = object('v1', 'Namespace', systemNamespace, {
        metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      });
      const options = { step: 'cluster', project: systemNamespace, force: true, unchecked: true } as const;
      await apply(context, client, [namespace, ...(objects as readonly KubernetesObject[])], options);
    },
    ready: async () => {},
  };
}

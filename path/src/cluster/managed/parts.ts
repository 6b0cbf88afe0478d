import type { ManagedCluster } from '../../clouds/cloud.ts';
import type { ImageSpec } from '../../core/image-spec.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { type AddOn, type CloudSite, systemNamespace } from '../local/addons/add-on.ts';
import { certManager } from '../local/addons/cert-manager.ts';
import { certManagerAcme } from '../local/addons/cert-manager-acme.ts';
import { object } from '../local/addons/objects.ts';
import { traefik } from '../local/addons/traefik.ts';
import { programImages } from '../local/images.ts';
import { install, installed } from '../local/install.ts';
import { acmeComponent, components } from '../local/source/components.ts';
import type { Obtained } from '../local/source/obtain.ts';
import { obtainAll } from '../local/source/obtain-all.ts';
import type { Part } from '../provider.ts';

/** Whether a cloud has a door of its own, and whether certificates are asked of a public authority. */
export interface WantedParts {
  readonly ownGateway: boolean;
  readonly acme: boolean;
}

/** Who issues certificates, and the door where the cloud has none. */
export function addOnsFor({ ownGateway, acme }: WantedParts): readonly AddOn<CloudSite>[] {
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
  return [
    base(context, cluster),
    ...addOns.map((addOn) => partOf(context, addOn, obtained.get(addOn.component), cluster)),
  ];
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

function partOf(
  context: Context,
  addOn: AddOn<CloudSite>,
  obtaining: Promise<Obtained> | undefined,
  cluster: Promise<ManagedCluster>,
): Part {
  const obtained = async (): Promise<Obtained> => {
    const component = await obtaining;
    if (component === undefined) throw new Error(`no component ${addOn.component}`);
    return component;
  };
  return {
    name: addOn.name,
    images: async (): Promise<readonly ImageSpec[]> => programImages(addOn, (await obtained()).folder),
    install: async (client, images) => {
      const { loadBalancer = {}, certificates = {}, certificatePods = {} } = await cluster;
      const site: CloudSite = { kind: 'cloud', loadBalancer, certificates, certificatePods };
      await install(context, client, { addOn, images, site, obtained: await obtained() });
    },
    ready: (client) => installed(context, client, addOn),
  };
}

import type { Cluster } from '../../core/handover.ts';
import type { ImageSpec } from '../../core/image-spec.ts';
import type { Context } from '../../effects/context.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { Part } from '../provider.ts';
import type { AddOn } from './addons/add-on.ts';
import { programImages } from './images.ts';
import { type Installation, install, installed } from './install.ts';
import { components } from './source/components.ts';
import type { ObtainedByName } from './source/lately.ts';
import { isObtained } from './source/obtain.ts';

/** What an add-on becomes a part of. */
export interface AddOnPlace<Site> {
  readonly obtained: ObtainedByName;
  /** Asked for when the add-on is put in: a cloud's cluster is known late. */
  readonly site: (cluster: Pick<Cluster, 'pullSecret'>) => Site | Promise<Site>;
  /** Seconds that it may take to come up; absent: as long as on nodes that are there. */
  readonly patience?: number;
  /** Puts it in; absent: as what a cluster of our own consists of, which is remembered there. */
  readonly put?: (context: Context, client: KubernetesClient, wanted: Installation<Site>) => Promise<void>;
}

/** An add-on as a part of a cluster: its programs are images, and nothing waits for one that is compiled late. */
export function addOnPart<Site>(
  context: Context,
  addOn: AddOn<Site>,
  { obtained, site, patience = 180, put = install }: AddOnPlace<Site>,
): Part {
  const beside = addOn.beside ?? [];
  const ran = [addOn.component, ...beside.map(({ component }) => component)];
  const late = components.filter((one) => one.late === true && ran.includes(one.name));
  const imagesOf = async (component: string, programs: Parameters<typeof programImages>[0]) => {
    const files = await obtained.get(component);
    if (files === undefined) throw new Error(`no component ${component}`);
    return programImages(programs, files.folder);
  };
  const atHand = async () => {
    const all = await Promise.all(late.map((component) => isObtained(context, component)));
    return all.every((is) => is);
  };
  return {
    name: addOn.name,
    ...(late.length === 0 ? {} : { atHand }),
    images: async (): Promise<readonly ImageSpec[]> => {
      const others = beside.map(({ component, program }) =>
        imagesOf(component, { name: component, program }),
      );
      const all = await Promise.all([imagesOf(addOn.component, addOn), ...others]);
      return [...all.flat(), ...(addOn.helpers ?? [])];
    },
    install: async (client, images, cluster) =>
      put(context, client, {
        addOn,
        images,
        site: await site(cluster),
        obtained: await obtained.get(addOn.component),
      }),
    ready: (client) => installed(context, client, addOn, patience),
  };
}

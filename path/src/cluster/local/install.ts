import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PublishedImage } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import { waitUntilReady } from '../../kubernetes/wait.ts';
import { type AddOn, systemNamespace } from './addons/add-on.ts';
import { baseObjects } from './addons/base.ts';
import { documentsIn } from './addons/documents.ts';
import { object } from './addons/objects.ts';
import type { Obtained } from './source/obtain.ts';

/** The owner of the add-ons' objects, where a project's would be its name. */
const owner = systemNamespace;

/** The ConfigMap that says what of each add-on was last applied. */
const recordName = 'add-ons';

/** Where an add-on goes and what it is made of. */
export interface Installation<Site> {
  readonly addOn: AddOn<Site>;
  readonly obtained: Obtained | undefined;
  readonly images: readonly PublishedImage[];
  readonly site: Site;
}

const options = { step: 'cluster', project: owner, force: true, unchecked: true } as const;

/** Applies what all add-ons stand on unless exactly this was applied before. */
export async function installBase(context: Context, client: KubernetesClient): Promise<void> {
  const objects = baseObjects();
  const key = createHash('sha256').update(JSON.stringify(objects)).digest('hex');
  const record = await client.find<Recorded>(recordPath);
  if (record?.data?.base === key) return;
  await apply(context, client, objects, options);
  await remember(client, 'base', key);
}

interface Recorded {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Applies an add-on unless exactly this was applied before; a Deployment that somebody has removed or changed since (its
 * generation says so: Kubernetes, "Objects", `metadata.generation`) is put right.
 */
export async function install<Site>(
  context: Context,
  client: KubernetesClient,
  wanted: Installation<Site>,
): Promise<void> {
  const { addOn, images, obtained } = wanted;
  const own = await addOn.objects({ site: wanted.site, image: imageOf(addOn, images) });
  const key = createHash('sha256')
    .update(JSON.stringify([own, obtained?.key]))
    .digest('hex');
  const { namespace, name } = addOn.deployment;
  const live = () => client.find<Live>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const [record, deployment] = await Promise.all([client.find<Recorded>(recordPath), live()]);
  if (deployment !== undefined && record?.data?.[addOn.name] === applied(key, deployment)) return;
  const documents =
    addOn.documents && obtained !== undefined ? await documentsIn(join(obtained.folder, 'crds')) : [];
  await apply(context, client, [...documents, ...own], options);
  await addOn.afterApply?.(client, wanted.site);
  await remember(client, addOn.name, applied(key, await live()));
}

interface Live {
  readonly metadata: { readonly uid?: string; readonly generation?: number };
}

/** What was applied, and as what the server has it since. */
function applied(key: string, live: Live | undefined): string {
  return `${key} ${live?.metadata.uid} ${live?.metadata.generation}`;
}

/** The image of an add-on's program, by its name. */
export function imageOf(
  addOn: Pick<AddOn<never>, 'name'>,
  images: readonly PublishedImage[],
): (name: string) => PublishedImage {
  return (name) => {
    const found = images.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the add-on ${addOn.name} has no image ${name}`);
    return found;
  };
}

/** Waits until an add-on's Deployment is available. @param deadline seconds */
export async function installed(
  context: Context,
  client: KubernetesClient,
  addOn: Pick<AddOn<never>, 'deployment'>,
  deadline: number,
): Promise<void> {
  const { namespace, name } = addOn.deployment;
  const deployment: KubernetesObject = object('apps/v1', 'Deployment', name, {}, namespace);
  await waitUntilReady(context, client, [deployment], { step: 'cluster', deadline });
}

const recordPath = `/api/v1/namespaces/${systemNamespace}/configmaps/${recordName}`;

/** Each add-on is a field of its own manager, so that several can be remembered at the same time. */
async function remember(client: KubernetesClient, addOn: string, key: string): Promise<void> {
  await client.send({
    method: 'PATCH',
    path: recordPath,
    query: { fieldManager: `ptp-${addOn}`, force: true },
    contentType: 'application/apply-patch+yaml',
    body: object('v1', 'ConfigMap', recordName, { data: { [addOn]: key } }, systemNamespace),
  });
}

import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { KubernetesObject } from '../../kubernetes/objects.ts';
import type { Project } from '../../project/project.ts';
import type { Check } from '../provider.ts';
import { look } from './look.ts';

/** The annotation of the class that claims without one are given (kubernetes.io, "Storage Classes"). */
const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** Whether databases would be given volumes. */
export async function volumeCheck(client: KubernetesClient, { target, services }: Project): Promise<Check> {
  const name = 'volumes';
  const key = `targets.${target.name}.storageClass`;
  const classes = await storageClasses(client);
  if (classes === 'forbidden') return { name, ok: true, found: 'storage classes may not be looked at' };
  const { names, preset } = classes;
  const wanted = target.storageClass;
  const found = wanted === undefined ? preset : names.find((each) => each === wanted);
  if (found !== undefined) return { name, ok: true, found: `storage class ${found}` };
  const users = services.map((service) => service.name).join(', ');
  const missing =
    wanted === undefined ? 'no storage class is the default' : `there is no storage class ${wanted}`;
  const choice = names.length === 0 ? '' : `Name one of ${names.join(', ')} in ${key}, or `;
  const install = 'install a provisioner and mark its class as the default.';
  return {
    name,
    ok: false,
    found: `${missing}, and ${users} needs a volume`,
    next: choice === '' ? `I${install.slice(1)}` : `${choice}${install}`,
  };
}

/** Whether a claim would be given a volume; taken to be so where it may not be looked at. */
export async function hasVolumes(
  client: KubernetesClient,
  { storageClass }: Pick<Project['target'], 'storageClass'>,
): Promise<boolean> {
  if (storageClass !== undefined) return true;
  const classes = await storageClasses(client);
  return classes === 'forbidden' || classes.preset !== undefined;
}

/** The names of the classes that there are, and of the one that claims without a class are given. */
async function storageClasses(
  client: KubernetesClient,
): Promise<{ readonly names: readonly string[]; readonly preset: string | undefined } | 'forbidden'> {
  const list = await look<{ readonly items: readonly KubernetesObject[] }>(
    client,
    '/apis/storage.k8s.io/v1/storageclasses',
  );
  if (list === 'forbidden') return list;
  const items = list?.items ?? [];
  const preset = items.find(({ metadata }) => metadata.annotations?.[defaultClass] === 'true');
  return { names: items.map(({ metadata }) => metadata.name), preset: preset?.metadata.name };
}

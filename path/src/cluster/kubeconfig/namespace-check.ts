import type { KubernetesClient } from '../../kubernetes/client.ts';
import { fieldManager, label } from '../../kubernetes/labels.ts';
import type { Namespace } from '../../kubernetes/objects.ts';
import type { Project } from '../../project/project.ts';
import type { Check } from '../provider.ts';
import { look } from './look.ts';

/** A project has its namespace for itself: it forbids all traffic in it that ptp.yaml does not imply. */
export async function namespaceCheck(
  client: KubernetesClient,
  { name, target }: Project,
  namespace: string,
): Promise<Check> {
  const check = { name: 'namespace', ok: true };
  const found = await look<Namespace>(client, `/api/v1/namespaces/${namespace}`);
  if (found === undefined) return { ...check, found: `${namespace}, to be made` };
  if (found === 'forbidden') return { ...check, found: `${namespace}, which may not be looked at` };
  const labels = found.metadata.labels ?? {};
  const [manager, owner] = [labels[label.managedBy], labels[label.project]];
  if (manager === fieldManager && owner === name)
    return { ...check, found: `${namespace}, made for ${name}` };
  const whose = manager === fieldManager ? `belongs to the system ${owner}` : 'is not of ptp’s making';
  return {
    name: 'namespace',
    ok: false,
    found: `the namespace ${namespace} is there already and ${whose}`,
    next:
      `Name another one in targets.${target.name}.namespace. Or, where it is yours and nothing else is in it, hand it over: ` +
      `label it ${label.managedBy}=${fieldManager} and ${label.project}=${name}.`,
  };
}

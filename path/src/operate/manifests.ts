import { stringify } from 'yaml';
import { UserMistake } from '../core/failure.ts';
import { fieldManager, label } from '../kubernetes/labels.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import { inApplyOrder, type KubernetesObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { meantToRun, type ReleaseRecord } from '../releases/record.ts';

/**
 * The release that serves as YAML documents, in the order in which they can be applied. Secrets are named and not
 * shown. Pure. @throws UserMistake where nothing was released
 */
export function manifestsText(project: Project, records: readonly ReleaseRecord[]): string {
  const release = meantToRun(records);
  if (release === undefined)
    throw new UserMistake({ what: 'nothing was released here yet', next: 'Run `ptp up`.' });
  const { services, ground, workloads, route } = release.manifests;
  const objects = [
    namespaceFor(project.target.namespace),
    ...inApplyOrder([...services, ...ground, ...workloads, ...route].map((one) => owned(one, project))),
  ];
  const secrets = [...new Set(objects.flatMap((object) => secretsIn(object)))].sort();
  const head = [
    `# ${project.name}, release ${release.number} of ${release.begun}`,
    ...(secrets.length === 0
      ? []
      : [`# It needs these Secrets, which are not in here: ${secrets.join(', ')}`]),
  ];
  const documents = objects.map((object) => `---\n${stringify(object, { aliasDuplicateObjects: false })}`);
  return `${head.join('\n')}\n${documents.join('')}`;
}

function owned(object: KubernetesObject, { name }: Project): KubernetesObject {
  const labels = { ...object.metadata.labels, [label.managedBy]: fieldManager, [label.project]: name };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** The names of the Secrets that an object's pods read. */
function secretsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const named = key === 'secret' || key === 'secretKeyRef' || key === 'secretRef';
    if (named && typeof part === 'object' && part !== null) {
      const name: unknown = 'secretName' in part ? part.secretName : 'name' in part ? part.name : undefined;
      if (typeof name === 'string') return [name];
    }
    return secretsIn(part);
  });
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../../kubernetes/objects.ts';

/** The objects of all YAML files in a folder, file by file in the order of their names. */
export async function documentsIn(folder: string): Promise<readonly KubernetesObject[]> {
  const objects: KubernetesObject[] = [];
  for (const name of (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()) {
    for (const document of parseAllDocuments(await readFile(join(folder, name), 'utf8'))) {
      const object = document.toJS() as KubernetesObject | null;
      if (object?.kind !== undefined) objects.push(object);
    }
  }
  return objects;
}

import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { limits } from '../core/limits.ts';
import type { Finding } from './finding.ts';
import type { Outline } from './outline.ts';
import { kubeconfigPath } from './resolve.ts';

const largestFiles = limits.project.files.most;

/** Files and folders that ptp.yaml names, as they are on this machine. */
export interface SurroundingFiles {
  readonly findings: readonly Finding[];
  /** Contents by the path as ptp.yaml writes it. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Looks for source folders, reads components' files, and looks for the chosen target's kubeconfig. */
export async function surroundingFiles(
  outline: Outline,
  folder: string,
  targetName: string | undefined,
): Promise<SurroundingFiles> {
  const findings: Finding[] = [];
  const contents = new Map<string, string>();
  for (const [name, { source, files }] of Object.entries(outline.components)) {
    if (source !== undefined && source !== '') findings.push(...(await checkSource(name, source, folder)));
    let size = 0;
    for (const [inContainer, written] of Object.entries(files)) {
      if (written === undefined || written === '') continue;
      const path = ['components', name, 'files', inContainer];
      const content = contents.get(written) ?? (await readText(resolve(folder, written)));
      if (typeof content === 'string') {
        contents.set(written, content);
        size += Buffer.byteLength(content);
      } else {
        findings.push({ path, at: 'value', what: `${written} ${content.what}`, next: content.next });
      }
    }
    if (size > largestFiles) findings.push(tooLarge(name, size));
  }
  if (targetName !== undefined) findings.push(...(await checkKubeconfig(outline, folder, targetName)));
  return { findings, contents };
}

async function checkSource(name: string, source: string, folder: string): Promise<readonly Finding[]> {
  const found = await stat(resolve(folder, source)).catch(() => undefined);
  if (found?.isDirectory() === true) return [];
  return [
    {
      path: ['components', name, 'source'],
      at: 'value',
      what: found === undefined ? `there is no folder ${source}` : `${source} is no folder`,
      next: `Name the folder of \`${name}\`, seen from the folder of ptp.yaml.`,
    },
  ];
}

async function readText(file: string): Promise<string | { readonly what: string; readonly next: string }> {
  try {
    const found = await stat(file);
    // A pipe or a device may have no end.
    if (!found.isFile() && !found.isDirectory())
      return { what: 'is no file', next: 'Name a file of the project.' };
    if (found.size > largestFiles) {
      return {
        what: `has ${found.size} bytes; a cluster takes ${largestFiles}`,
        next: 'Put it into the image.',
      };
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      return { what: 'is not there', next: 'Name a file, seen from the folder of ptp.yaml.' };
    if (code === 'EISDIR') return { what: 'is a folder', next: 'Name each of its files.' };
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { what: 'is no text in UTF-8', next: 'Put it into the image; `files` is for configuration.' };
    }
    return { what: 'cannot be read', next: 'Look at its rights.' };
  }
}

function tooLarge(name: string, size: number): Finding {
  return {
    path: ['components', name, 'files'],
    at: 'key',
    what: `the files of \`${name}\` have ${size} bytes together; a cluster takes ${largestFiles}`,
    next: 'Put large files into the image.',
  };
}

async function checkKubeconfig(
  outline: Outline,
  folder: string,
  targetName: string,
): Promise<readonly Finding[]> {
  const written = outline.targets?.[targetName]?.kubeconfig;
  if (written === undefined || written === '') return [];
  const found = await stat(kubeconfigPath(folder, written)).catch(() => undefined);
  if (found?.isFile() === true) return [];
  return [
    {
      path: ['targets', targetName, 'kubeconfig'],
      at: 'value',
      what: `there is no file ${written}`,
      next: 'Name a kubeconfig, seen from the folder of ptp.yaml, or remove the key for the usual one.',
    },
  ];
}

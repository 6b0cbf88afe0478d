import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { UserMistake } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../project/project.ts';
import { type KubeconfigDocument, merged, readDocument } from './document.ts';

/** A kubeconfig and where it comes from, in words for a person. */
export interface FoundKubeconfig {
  readonly document: KubeconfigDocument;
  readonly source: string;
}

/** Where kubeconfigs are looked for; this process's own unless told. */
export interface Whereabouts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The folder with a pod's own token and the cluster's authority. */
  readonly serviceAccount: string;
}

const here = (): Whereabouts => ({
  env: process.env,
  home: homedir(),
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
});

/**
 * Finds the kubeconfig of a target where kubectl would (kubernetes.io, "Organizing Cluster Access Using kubeconfig
 * Files"): the file that the target names, else the files of `$KUBECONFIG` as one, else ~/.kube/config, else, in a pod,
 * its service account. @throws UserMistake where there is none, or where it cannot be read
 */
export async function findKubeconfig(
  target: Pick<Target, 'name' | 'kubeconfig'>,
  { env, home, serviceAccount }: Whereabouts = here(),
): Promise<FoundKubeconfig> {
  if (target.kubeconfig !== undefined) return only(target.kubeconfig, `targets.${target.name}.kubeconfig`);
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return all(listed.map((path) => resolve(path)));
  const usual = join(home, '.kube/config');
  const text = await textOf(usual);
  if (text !== undefined) return { document: readDocument(text, usual), source: usual };
  const own = await ofThisPod(env, serviceAccount);
  if (own !== undefined) return own;
  throw new UserMistake({
    what: `there is no kubeconfig: ${usual} is not there, and KUBECONFIG names none`,
    where: { key: `targets.${target.name}.kubeconfig` },
    next: 'Set KUBECONFIG, or name the file in ptp.yaml.',
  });
}

async function only(path: string, key: string): Promise<FoundKubeconfig> {
  const text = await textOf(path);
  if (text === undefined) {
    const next = 'Name another file there, or leave the key out to take the usual places.';
    throw new UserMistake({ what: `there is no kubeconfig at ${path}`, where: { key }, next });
  }
  return { document: readDocument(text, path), source: path };
}

/** As kubectl does, files that are not there are passed over, but not all of them. */
async function all(paths: readonly string[]): Promise<FoundKubeconfig> {
  const found: { readonly path: string; readonly document: KubeconfigDocument }[] = [];
  for (const path of paths) {
    const text = await textOf(path);
    if (text !== undefined) found.push({ path, document: readDocument(text, path) });
  }
  if (found.length === 0) {
    throw new UserMistake({
      what: `KUBECONFIG names ${paths.join(' and ')}, and nothing is there`,
      where: { key: 'KUBECONFIG' },
      next: 'Set it to a kubeconfig that is there, or unset it to take ~/.kube/config.',
    });
  }
  return {
    document: merged(found.map(({ document }) => document)),
    source: found.map(({ path }) => path).join(' and '),
  };
}

async function ofThisPod(env: Whereabouts['env'], folder: string): Promise<FoundKubeconfig | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  const tokenFile = join(folder, 'token');
  if (!host || (await textOf(tokenFile)) === undefined) return undefined;
  const name = 'in-cluster';
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    document: {
      currentContext: name,
      contexts: [{ name, value: { cluster: name, user: name } }],
      clusters: [{ name, value: { server, 'certificate-authority': join(folder, 'ca.crt') } }],
      users: [{ name, value: { tokenFile } }],
    },
    source: "this pod's service account",
  };
}

/** A file's text; undefined where it is not there. */
async function textOf(path: string): Promise<string | undefined> {
  const { most } = limits.kubernetes.kubeconfig;
  try {
    const found = await stat(path);
    if (found.size > most) {
      const what = `this kubeconfig has ${found.size} bytes, and no more than ${most} are read`;
      throw new UserMistake({ what, where: { file: path }, next: 'Name another one.' });
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UserMistake) throw error;
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UserMistake({
      what: `this kubeconfig cannot be read (${code})`,
      where: { file: path },
      next: 'Make it a file that this user may read, or name another one.',
    });
  }
}

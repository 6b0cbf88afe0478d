import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseDocument } from 'yaml';
import { UserMistake } from '../../core/failure.ts';
import type { Cluster } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import { connect } from '../../kubernetes/client.ts';
import type { Project } from '../../project/project.ts';
import type { ClusterProvider } from '../provider.ts';

/** A cluster that somebody else runs: used as it is, never started, changed or removed. */
export const kubeconfigProvider: ClusterProvider = {
  start: async (_context, project) => ({
    cluster: await findCluster(project),
    parts: [],
    foundation: [],
    partImages: { prefix: '', tag: '' },
  }),
  find: async (_context, project) => {
    try {
      return { state: 'running', cluster: await findCluster(project) };
    } catch (error) {
      return { state: 'unreachable', why: (error as Error).message };
    }
  },
  remove: async (_context, project) => ({
    removed: [],
    kept: [`the cluster of target ${project.target.name}, which is not ptp's`],
  }),
  check: async (_context, project) => {
    if (project === undefined) return [];
    try {
      const cluster = await findCluster(project);
      return [{ name: 'cluster', ok: true, found: `Kubernetes ${cluster.version}` }];
    } catch (error) {
      return [{ name: 'cluster', ok: false, found: (error as Error).message }];
    }
  },
};

async function findCluster(project: Project): Promise<Cluster> {
  const { target } = project;
  if (target.registry === undefined) {
    throw new UserMistake({
      what: `target ${target.name} names no registry for its images`,
      where: { key: `targets.${target.name}.registry` },
      next: 'Name one that the cluster can pull from: `registry: registry.example.com/team`.',
    });
  }
  const kubeconfig = await readKubeconfig(target);
  const client = await connect(kubeconfig);
  try {
    const version = await client.get<{ readonly gitVersion: string }>('/version');
    const [host = '', ...prefix] = target.registry.replace(/^https?:\/\//, '').split('/');
    const url = target.registry.startsWith('http://') ? `http://${host}` : `https://${host}`;
    return {
      name: target.name,
      provider: 'kubeconfig',
      version: version.gitVersion,
      kubeconfig,
      registry: { url, name: host, prefix: [...prefix, project.name].join('/') },
      ...(target.storageClass === undefined ? {} : { storageClass: target.storageClass }),
      gatewayClass: target.gatewayClass ?? 'traefik',
    };
  } finally {
    await client.close();
  }
}

async function readKubeconfig(target: Project['target']): Promise<Secret> {
  const fromEnvironment = (process.env.KUBECONFIG ?? '').split(delimiter).find((path) => path !== '');
  const path = target.kubeconfig ?? fromEnvironment ?? join(homedir(), '.kube/config');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new UserMistake({
      what: `there is no kubeconfig at ${path}`,
      where: { key: `targets.${target.name}.kubeconfig` },
      next: 'Set KUBECONFIG, or name the file in ptp.yaml.',
    });
  }
  if (target.context === undefined) return new Secret(text);
  const document = parseDocument(text);
  document.set('current-context', target.context);
  return new Secret(document.toString());
}

import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { CloudKind } from '../clouds/kind.ts';
import { cloudKinds } from '../clouds/kinds.ts';
import { hostsIn, partOf } from './hosts.ts';
import type { Overrides } from './overrides.ts';
import type { AllowedSecret, VulnerabilityPolicy } from './policy.ts';
import type { Alerts, CloudTarget, Component, Project, Rollout, Service, Slo, Target } from './project.ts';
import { quantity } from './quantity.ts';
import { type ComponentFile, type ProjectFile, type TargetFile, usualScale } from './schema.ts';

/** What `resolveProject` cannot take from ptp.yaml. */
export interface Surroundings {
  /** The absolute path of ptp.yaml's folder. */
  readonly folder: string;
  readonly targetName: string;
  readonly overrides: Overrides;
  /** The contents of files that components name, by the path as ptp.yaml writes it. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Fills in what is left out and makes paths absolute. The file and the target's name are valid by now. */
export function resolveProject(file: ProjectFile, around: Surroundings): Project {
  const target = resolveTarget(file, around);
  const names = Object.keys(file.components);
  return {
    name: file.name,
    folder: around.folder,
    components: Object.entries(file.components).map(([name, component]) => ({
      ...resolveComponent(name, component, around, target),
      talksTo: talksTo(name, component, names, target.namespace),
    })),
    services: Object.entries(file.services).map(
      ([name, { backup, ...service }]): Service => ({
        name,
        ...service,
        ...(backup === undefined ? {} : { backup }),
      }),
    ),
    target,
    rollout: resolveRollout(file.rollout, target),
    slo: sloOf(file.slo),
    alerts: withoutAbsent(file.alerts),
    vulnerabilities: policyOf(file.vulnerabilities),
    secrets: { allow: file.secrets.allow.map(allowedOf) },
  };
}

/** Rows are written of one's own accord only where nobody else's are. */
function resolveRollout(
  { rate, maxErrors, maxLatency, deadline, migrationDeadline, writes }: ProjectFile['rollout'],
  target: Target,
): Rollout {
  return {
    rate,
    maxErrors:
      typeof maxErrors === 'number' ? { count: maxErrors } : { share: Number.parseFloat(maxErrors) / 100 },
    ...(maxLatency === undefined ? {} : { maxLatency }),
    deadline,
    migrationDeadline,
    writes: writes ?? target.cluster === 'local',
  };
}

function sloOf({ availability, latency, window }: ProjectFile['slo']): Slo {
  const part = (share: string) => Number((Number.parseFloat(share) / 100).toFixed(5));
  return {
    availability: part(availability),
    latency: { within: latency.within, share: part(latency.share) },
    window,
  };
}

/** What is left out is not there, also deep within. */
function withoutAbsent({ email, ...places }: ProjectFile['alerts']): Alerts {
  const given = Object.entries(places).filter(([, place]) => place !== undefined);
  if (email === undefined) return Object.fromEntries(given);
  const { username, password, ...rest } = email;
  return {
    ...Object.fromEntries(given),
    email: {
      ...rest,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
  };
}

function policyOf({ database, ...policy }: ProjectFile['vulnerabilities']): VulnerabilityPolicy {
  return { ...policy, ...(database === undefined ? {} : { database }) };
}

function allowedOf({ rule, ...allowed }: ProjectFile['secrets']['allow'][number]): AllowedSecret {
  return { ...allowed, ...(rule === undefined ? {} : { rule }) };
}

function resolveComponent(
  name: string,
  file: ComponentFile,
  around: Surroundings,
  target: Target,
): Omit<Component, 'talksTo'> {
  const { source, builder, base, route, migrate, files, resources, port, management, env, needs } = file;
  const { replicas = usualCopies } = file;
  const scale = scaleOf(file, target);
  return {
    name,
    source: resolve(around.folder, source),
    ...(builder === undefined ? {} : { builder }),
    ...(file.go === undefined ? {} : { go: goOf(file.go) }),
    ...(base === undefined ? {} : { base }),
    ...(route === undefined ? {} : { route }),
    port,
    management,
    env,
    files: Object.fromEntries(
      Object.entries(files).map(([path, from]) => [path, around.contents.get(from) ?? '']),
    ),
    needs,
    ...(migrate === undefined ? {} : { migrate }),
    replicas,
    ...(scale === undefined ? {} : { scale }),
    resources: {
      ...resources,
      memoryLimit: resources.memoryLimit ?? largerQuantity(resources.memory, '256Mi'),
    },
  };
}

/** How many copies a component has that does not say. */
const usualCopies = 2;

/**
 * What is said of scaling, or what is usual where nothing is said of copies at all. What is bound to a service is not
 * scaled of its own accord: each copy takes connections that the service has so many of. Neither is anything where
 * nobody tells what copies use.
 */
function scaleOf(file: ComponentFile, target: Target): Component['scale'] {
  const { replicas, needs } = file;
  const usual = replicas === undefined && needs.length === 0 && target.monitoring !== 'none';
  const scale = file.scale ?? (usual ? usualScale : undefined);
  if (scale === undefined) return undefined;
  const { cpu, up, down, max = 2 * (replicas ?? usualCopies) } = scale;
  return {
    max,
    cpu: cpu.endsWith('%') ? { percent: Number.parseInt(cpu, 10) } : { quantity: cpu },
    up,
    down,
  };
}

function goOf({ main, tags, ldflags }: NonNullable<ComponentFile['go']>): NonNullable<Component['go']> {
  return {
    tags,
    ...(main === undefined ? {} : { main }),
    ...(ldflags === undefined ? {} : { ldflags }),
  };
}

function largerQuantity(a: string, b: string): string {
  return (quantity(a) ?? 0) > (quantity(b) ?? 0) ? a : b;
}

function talksTo(
  self: string,
  { env }: ComponentFile,
  names: readonly string[],
  namespace: string,
): readonly string[] {
  const hosts = Object.values(env).flatMap(hostsIn);
  const parts = hosts.map(({ host }) => partOf(host, namespace, names)).filter((part) => part !== undefined);
  return [...new Set(parts)].filter((part) => part !== self).toSorted();
}

/** Where a file without targets goes. */
const usualTarget: TargetFile = {
  cluster: 'local',
  ports: { http: 80, https: 443 },
  nodes: 1,
  monitoring: 'cluster',
};

function resolveTarget(file: ProjectFile, { folder, targetName, overrides }: Surroundings): Target {
  const target = file.targets?.[targetName] ?? usualTarget;
  const namespace = target.namespace ?? file.name;
  const domain = overrides.domain ?? target.domain ?? `${file.name}.localhost`;
  if (target.cluster === 'local') {
    return {
      name: targetName,
      cluster: 'local',
      domain,
      namespace,
      instance: overrides.instance ?? target.instance ?? file.name,
      ports: { http: overrides.http ?? target.ports.http, https: overrides.https ?? target.ports.https },
      nodes: overrides.nodes ?? target.nodes,
      ...resolveAcme(target.acme, folder),
      monitoring: overrides.monitoring ?? target.monitoring,
      uncommitted: target.uncommitted ?? 'allow',
    };
  }
  if (target.cluster !== 'kubeconfig') {
    return {
      name: targetName,
      cluster: target.cluster,
      domain,
      namespace,
      instance: overrides.instance ?? file.name,
      ports: { http: 80, https: 443 },
      cloud: resolveCloud(target),
      monitoring: overrides.monitoring ?? target.monitoring,
      uncommitted: target.uncommitted ?? 'warn',
    };
  }
  const { context, kubeconfig, registry, gatewayClass, storageClass, acme, uncommitted = 'warn' } = target;
  return {
    name: targetName,
    cluster: 'kubeconfig',
    domain,
    namespace,
    instance: overrides.instance ?? file.name,
    ports: { http: 80, https: 443 },
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig: kubeconfigPath(folder, kubeconfig) }),
    registry,
    ...(gatewayClass === undefined ? {} : { gatewayClass }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...resolveAcme(acme, folder),
    monitoring: overrides.monitoring ?? target.monitoring,
    uncommitted,
  };
}

function resolveAcme(
  acme: Extract<TargetFile, { readonly cluster: 'local' }>['acme'],
  folder: string,
): Pick<Target, 'acme'> {
  if (acme === undefined) return {};
  const { server, email, authority, dns01 } = acme;
  return {
    acme: {
      server,
      ...(email === undefined ? {} : { email }),
      ...(authority === undefined ? {} : { authority: resolve(folder, authority) }),
      ...(dns01 === undefined
        ? {}
        : {
            rfc2136: {
              ...dns01.rfc2136,
              key: { ...dns01.rfc2136.key, file: resolve(folder, dns01.rfc2136.key.file) },
            },
          }),
    },
  };
}

function resolveCloud(target: Extract<TargetFile, { readonly region: string }>): CloudTarget {
  const { cluster, region, account, zone, access, databases, databaseClass, certificates, acme } = target;
  const { server, email } = acme;
  const { nameServers }: CloudKind = cloudKinds[cluster];
  return {
    kind: cluster,
    region,
    ...(account === undefined ? {} : { account }),
    ...(zone === undefined ? {} : { zone }),
    access,
    databases,
    ...(databaseClass === undefined ? {} : { databaseClass }),
    ...(certificates === 'own' ? {} : { acme: { server, ...(email === undefined ? {} : { email }) } }),
    ...(nameServers === undefined ? {} : { nameServers }),
  };
}

/** The file a target's `kubeconfig` means: seen from ptp.yaml's folder, or from home where it begins with ~. */
export function kubeconfigPath(folder: string, written: string): string {
  return written.startsWith('~/') ? resolve(homedir(), written.slice(2)) : resolve(folder, written);
}

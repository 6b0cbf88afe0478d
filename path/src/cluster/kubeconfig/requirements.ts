import { acmeSolverImage } from '../../kubernetes/acme-solver.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { type AnyObject, conditionsOf, type KubernetesObject } from '../../kubernetes/objects.ts';
import { isScaled } from '../../project/is-scaled.ts';
import type { Project } from '../../project/project.ts';
import type { Check } from '../provider.ts';
import { look } from './look.ts';
import { monitoringChecks } from './monitoring.ts';
import { namespaceCheck } from './namespace-check.ts';
import { admissionCheck, rights } from './rights.ts';
import { volumeCheck } from './volumes.ts';

/** Somebody else's cluster, as far as a deploy depends on it. */
export interface Found {
  /** In the order in which a person would mend what is not ok. */
  readonly checks: readonly Check[];
  readonly gatewayClass?: GatewayClass;
}

/** A Gateway API class and the controller behind it. */
export interface GatewayClass {
  readonly name: string;
  readonly controller: string;
}

/** The first minor version whose pods may sleep before they end (`preStop.sleep`) without a feature gate. */
const oldest = 30;

/**
 * Looks at all that a project needs of a cluster, and changes nothing. What may not be looked at with these
 * credentials is taken to be there: the deploy itself will tell.
 */
export async function lookAtCluster(
  client: KubernetesClient,
  project: Project,
  version: string,
): Promise<Found> {
  const { target } = project;
  const [
    namespace,
    allowed,
    admission,
    nodes,
    gatewayApi,
    gateway,
    certManager,
    solver,
    volumes,
    usage,
    watching,
  ] = await Promise.all([
    namespaceCheck(client, project, target.namespace),
    rights(client, target.namespace),
    admissionCheck(client, target.namespace),
    nodeCheck(client),
    kindsCheck(client, gatewayApiKinds),
    gatewayClassOf(client, project),
    kindsCheck(client, certManagerKinds),
    solverCheck(client, project),
    project.services.length === 0 ? [] : volumeCheck(client, project),
    usageCheck(client, project),
    monitoringChecks(client, project),
  ]);
  // Without its kinds no class can be there either; that is one thing to install and not two.
  const classes = gatewayApi.ok ? [gateway.check] : [];
  return {
    checks: [
      versionCheck(version),
      nodes,
      namespace,
      allowed,
      admission,
      gatewayApi,
      ...classes,
      certManager,
      solver,
      volumes,
      usage,
      watching,
    ].flat(),
    ...(gateway.found === undefined ? {} : { gatewayClass: gateway.found }),
  };
}

/** The pods that answer HTTP01 run in the system's namespace, where nothing runs that a tag names. */
async function solverCheck(client: KubernetesClient, { target: { acme } }: Project): Promise<Check | []> {
  if (acme === undefined || acme.rfc2136 !== undefined) return [];
  const image = await acmeSolverImage(client);
  if (image === undefined) return [];
  const ok = image.includes('@sha256:');
  return {
    name: 'solver',
    ok,
    found: `cert-manager answers HTTP01 with ${image}${ok ? '' : ', which is not named by its digest'}`,
    ...(ok
      ? {}
      : {
          next: "Name it by its digest in cert-manager's --acme-http01-solver-image, or use `dns01` in `acme` of the target.",
        }),
  };
}

function versionCheck(version: string): Check {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  const ok = Number(major) > 1 || Number(minor) >= oldest;
  return {
    name: 'version',
    ok,
    found: `Kubernetes ${version}`,
    ...(ok ? {} : { next: `Use a cluster of Kubernetes 1.${oldest} or newer.` }),
  };
}

async function nodeCheck(client: KubernetesClient): Promise<Check | []> {
  const nodes = await look<{ readonly items: readonly Node[] }>(client, '/api/v1/nodes');
  if (nodes === undefined || nodes === 'forbidden') return [];
  const kinds = nodes.items.map(({ status }) => status?.nodeInfo?.architecture ?? 'unknown');
  const fitting = kinds.filter((kind) => kind === 'amd64').length;
  const found = `${fitting} of ${kinds.length} ${kinds.length === 1 ? 'node is' : 'nodes are'} amd64`;
  if (fitting > 0) return { name: 'nodes', ok: true, found };
  return {
    name: 'nodes',
    ok: false,
    found,
    next: 'Add a node of that architecture: images are built for it.',
  };
}

interface Node {
  readonly status?: { readonly nodeInfo?: { readonly architecture?: string } };
}

interface Kinds {
  readonly name: string;
  readonly group: string;
  readonly plurals: readonly string[];
  readonly next: string;
}

const gatewayApiKinds: Kinds = {
  name: 'Gateway API',
  group: 'gateway.networking.k8s.io/v1',
  plurals: ['gateways', 'httproutes'],
  next: 'Install its standard channel (gateway-api.sigs.k8s.io) and a controller for it, such as Traefik, Envoy Gateway or Cilium.',
};

const certManagerKinds: Kinds = {
  name: 'cert-manager',
  group: 'cert-manager.io/v1',
  plurals: ['issuers', 'certificates'],
  next: 'Install cert-manager (cert-manager.io, "Installation").',
};

async function kindsCheck(client: KubernetesClient, { name, group, plurals, next }: Kinds): Promise<Check> {
  const list = await look<{ readonly resources: readonly { readonly name: string }[] }>(
    client,
    `/apis/${group}`,
  );
  if (list === 'forbidden') return { name, ok: true, found: `${group}, which may not be looked at` };
  const there = new Set((list?.resources ?? []).map((resource) => resource.name));
  const missing = plurals.filter((plural) => !there.has(plural));
  if (missing.length === 0) return { name, ok: true, found: group };
  return { name, ok: false, found: `the cluster does not know ${missing.join(' and ')} of ${group}`, next };
}

interface GatewayClassObject extends KubernetesObject {
  readonly spec?: { readonly controllerName?: string };
}

/** The class that carries the route: the one that the target names, else the only one. */
async function gatewayClassOf(
  client: KubernetesClient,
  { target }: Project,
): Promise<{ readonly check: Check; readonly found?: GatewayClass }> {
  const name = 'gateway class';
  const key = `targets.${target.name}.gatewayClass`;
  const list = await look<{ readonly items: readonly GatewayClassObject[] }>(
    client,
    '/apis/gateway.networking.k8s.io/v1/gatewayclasses',
  );
  if (list === 'forbidden') {
    const wanted = target.gatewayClass;
    if (wanted !== undefined)
      return {
        check: { name, ok: true, found: `${wanted}, which may not be looked at` },
        found: { name: wanted, controller: '' },
      };
    const next = `Name the class in ${key}.`;
    return { check: { name, ok: false, found: 'gateway classes may not be looked at', next } };
  }
  const classes = list?.items ?? [];
  const names = classes.map(({ metadata }) => metadata.name).join(', ');
  const [first, ...others] = classes.filter(
    ({ metadata }) => target.gatewayClass === undefined || metadata.name === target.gatewayClass,
  );
  if (first === undefined) {
    const missing =
      target.gatewayClass === undefined ? 'there is none' : `there is no ${target.gatewayClass}`;
    const next =
      names === ''
        ? 'Install a controller for the Gateway API, such as Traefik, Envoy Gateway or Cilium, with a GatewayClass.'
        : `Name one of ${names} in ${key}.`;
    return { check: { name, ok: false, found: missing, next } };
  }
  if (others.length > 0)
    return { check: { name, ok: false, found: `there are ${names}`, next: `Choose one in ${key}.` } };
  const accepted = conditionsOf(first as { readonly status?: unknown }).find(
    ({ type }) => type === 'Accepted',
  );
  const controller = first.spec?.controllerName ?? '';
  const found = `${first.metadata.name} (${controller})`;
  if (accepted?.status !== 'True') {
    const next = 'Look whether its controller runs.';
    return { check: { name, ok: false, found: `${found}, which no controller has accepted`, next } };
  }
  return { check: { name, ok: true, found }, found: { name: first.metadata.name, controller } };
}

/**
 * Whether somebody tells the autoscalers what pods use. Where nobody does there are the fewest copies, as without
 * autoscalers, so this is told and stops nobody.
 */
async function usageCheck(client: KubernetesClient, { components }: Project): Promise<Check | []> {
  const scaled = components.filter(isScaled);
  if (scaled.length === 0) return [];
  const api = 'v1beta1.metrics.k8s.io';
  const registered = await look<AnyObject>(client, `/apis/apiregistration.k8s.io/v1/apiservices/${api}`);
  const check = { name: 'usage of pods', ok: true };
  if (registered === 'forbidden') return { ...check, found: `${api}, which may not be looked at` };
  const available = conditionsOf(registered ?? {}).find(({ type }) => type === 'Available');
  if (available?.status === 'True') return { ...check, found: api };
  const names = scaled.map(({ name }) => name).join(', ');
  return {
    ...check,
    found: `nobody tells what pods use, so ${names} ${scaled.length === 1 ? 'is' : 'are'} not scaled under load: install metrics-server`,
  };
}

import type { AcmeIssuer, Cluster } from '../core/handover.ts';
import { label } from '../kubernetes/labels.ts';
import type { KubernetesObject, NetworkPolicy } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import type { Certificate, Gateway, HttpRoute, Issuer } from './objects.ts';

/** What a route is planned from. */
export interface RouteInput {
  readonly project: Project;
  readonly cluster: Cluster;
  /** The ports that the Gateway's listeners name: those of the controller's entry points, not the public ones. */
  readonly listenerPorts: { readonly http: number; readonly https: number };
}

/** The names of the route's objects within the project's namespace. */
export const names = {
  gateway: 'public',
  redirect: 'to-https',
  /** The Secret with the certificate that users see. */
  certificate: 'public-tls',
  /** The Secret with the certificate authority's certificate and key. */
  authority: 'local-ca',
  /** The Secret with the certificate to trust of an authority that was exchanged. */
  nextAuthority: 'local-ca-next',
  selfSigned: 'self-signed',
  issuer: 'local-ca',
  /** The issuer that asks a public authority, and the Secret with the key of its account there. */
  acme: 'acme',
  /** The policy that lets the authority's questions in. */
  solver: 'acme-solver',
} as const;

const gatewayApi = 'gateway.networking.k8s.io/v1';
const certManager = 'cert-manager.io/v1';

/**
 * Plans how users reach the components that have a route: who issues the certificate (a public authority where the
 * cluster names one, else an authority of the project's own that can sign for nothing but its domain), the certificate,
 * a Gateway with both ports, a redirect to https, and the routes.
 */
export function planRoute(input: RouteInput): readonly KubernetesObject[] {
  const { acme } = input.cluster;
  return [
    ...(acme === undefined ? authority(input) : publicAuthority(input, acme)),
    certificate(input),
    gateway(input),
    redirect(input),
    ...routes(input),
  ];
}

/** The URL users type: the port only where it is not the scheme's own. */
export function publicUrl({ project, cluster }: Pick<RouteInput, 'project' | 'cluster'>): string {
  const port = publicPort(cluster);
  return `https://${project.target.domain}${port === 443 ? '' : `:${port}`}`;
}

function publicPort(cluster: Cluster): number {
  return cluster.entry?.https ?? 443;
}

function metadata({ project }: RouteInput, name: string) {
  return { name, namespace: project.target.namespace, labels: { [label.partOf]: project.name } };
}

function authority(input: RouteInput): readonly (Issuer | Certificate)[] {
  const { domain } = input.project.target;
  return [
    {
      apiVersion: certManager,
      kind: 'Issuer',
      metadata: metadata(input, names.selfSigned),
      spec: { selfSigned: {} },
    },
    {
      apiVersion: certManager,
      kind: 'Certificate',
      metadata: metadata(input, names.authority),
      spec: {
        isCA: true,
        commonName: `ptp local authority for ${domain}`.slice(0, 64),
        secretName: names.authority,
        duration: '87600h0m0s',
        renewBefore: '8760h0m0s',
        // People may have told their browser to trust this key; renewing must not take that away.
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Never' },
        usages: ['cert sign', 'crl sign', 'digital signature'],
        // Whoever trusts it trusts it for this one domain (RFC 5280, 4.2.1.10), even should its key get lost.
        nameConstraints: { critical: true, permitted: { dnsDomains: [domain] } },
        issuerRef: { name: names.selfSigned, kind: 'Issuer', group: 'cert-manager.io' },
      },
    },
    {
      apiVersion: certManager,
      kind: 'Issuer',
      metadata: metadata(input, names.issuer),
      spec: { ca: { secretName: names.authority } },
    },
  ];
}

/**
 * Who issues by ACME (RFC 8555); that the domain is ours is shown in its zone, or at the gateway itself (RFC 8555, 8.3):
 * there a pod of cert-manager's answers for some seconds, which nobody else may reach and which reaches nobody.
 */
function publicAuthority(input: RouteInput, acme: AcmeIssuer): readonly (Issuer | NetworkPolicy)[] {
  if (acme.dns01 !== undefined) return [acmeIssuer(input, acme, { dns01: acme.dns01 })];
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: names.gateway };
  const gatewayHTTPRoute = { parentRefs: [{ ...parentRef, sectionName: 'http' }], serviceType: 'ClusterIP' };
  return [
    acmeIssuer(input, acme, { http01: { gatewayHTTPRoute } }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadata(input, names.solver),
      spec: {
        podSelector: { matchLabels: { 'acme.cert-manager.io/http01-solver': 'true' } },
        policyTypes: ['Ingress', 'Egress'],
        // As what has a route: where the gateway runs, inside the cluster or before it, makes no difference.
        ingress: [{ ports: [{ protocol: 'TCP', port: 8089 }] }],
      },
    },
  ];
}

function acmeIssuer(
  input: RouteInput,
  { server, email, authority, wait }: AcmeIssuer,
  solver: Readonly<Record<string, unknown>>,
): Issuer {
  return {
    apiVersion: certManager,
    kind: 'Issuer',
    metadata: metadata(input, names.acme),
    spec: {
      acme: {
        server,
        ...(email === undefined ? {} : { email }),
        ...(authority === undefined ? {} : { caBundle: Buffer.from(authority).toString('base64') }),
        privateKeySecretRef: { name: names.acme },
        solvers: [{ ...solver, ...(wait === undefined ? {} : { waitInsteadOfSelfCheck: `${wait}s` }) }],
      },
    },
  };
}

function certificate(input: RouteInput): Certificate {
  const issuer = input.cluster.acme === undefined ? names.issuer : names.acme;
  return {
    apiVersion: certManager,
    kind: 'Certificate',
    metadata: metadata(input, names.certificate),
    spec: {
      secretName: names.certificate,
      dnsNames: [input.project.target.domain],
      duration: '2160h0m0s',
      renewBefore: '720h0m0s',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      usages: ['digital signature', 'server auth'],
      issuerRef: { name: issuer, kind: 'Issuer', group: 'cert-manager.io' },
    },
  };
}

function gateway(input: RouteInput): Gateway {
  const { project, cluster, listenerPorts } = input;
  const common = {
    hostname: project.target.domain,
    allowedRoutes: { namespaces: { from: 'Same' } },
  } as const;
  return {
    apiVersion: gatewayApi,
    kind: 'Gateway',
    metadata: metadata(input, names.gateway),
    spec: {
      gatewayClassName: cluster.gatewayClass,
      listeners: [
        { name: 'http', port: listenerPorts.http, protocol: 'HTTP', ...common },
        {
          name: 'https',
          port: listenerPorts.https,
          protocol: 'HTTPS',
          ...common,
          tls: {
            mode: 'Terminate',
            certificateRefs: [{ group: '', kind: 'Secret', name: names.certificate }],
          },
        },
      ],
    },
  };
}

function redirect(input: RouteInput): HttpRoute {
  const { project, cluster } = input;
  // Without a port the scheme's own is meant, never the listener's (Gateway API, HTTPRequestRedirectFilter); naming
  // 443 would put it into what users see.
  const port = publicPort(cluster);
  const requestRedirect = {
    scheme: 'https',
    statusCode: 301,
    ...(port === 443 ? {} : { port }),
  } as const;
  return {
    apiVersion: gatewayApi,
    kind: 'HTTPRoute',
    metadata: metadata(input, names.redirect),
    spec: {
      parentRefs: [{ name: names.gateway, sectionName: 'http' }],
      hostnames: [project.target.domain],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect }] }],
    },
  };
}

function routes(input: RouteInput): readonly HttpRoute[] {
  const { project } = input;
  return project.components.flatMap((component) =>
    component.route === undefined
      ? []
      : [
          {
            apiVersion: gatewayApi,
            kind: 'HTTPRoute',
            metadata: metadata(input, component.name),
            spec: {
              parentRefs: [{ name: names.gateway, sectionName: 'https' }],
              hostnames: [project.target.domain],
              rules: [
                {
                  matches: [{ path: { type: 'PathPrefix', value: component.route } }],
                  backendRefs: [{ name: component.name, port: component.port }],
                },
              ],
            },
          } satisfies HttpRoute,
        ],
  );
}

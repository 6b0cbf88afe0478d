import { type AddOn, type AddOnInput, restricted, systemNamespace } from './add-on.ts';
import { identity, workload } from './objects.ts';

const name = 'cert-manager-acme';
const labels = { 'app.kubernetes.io/name': name };
const solver = 'acme-solver';

/** Cert-manager's own account: clouds let that one write to zones. */
const account = 'cert-manager';

/**
 * Asks public authorities (ACME, RFC 8555) for certificates. It stands beside cert-manager and not in its place, so that
 * systems which share a cluster need not agree on it; cert-manager brings the resource definitions and the account.
 */
export const certManagerAcme: AddOn = {
  name,
  component: name,
  program: name,
  further: { [solver]: 'solver' },
  documents: false,
  deployment: { namespace: systemNamespace, name },
  objects: async (input) => objects(input),
};

function objects(input: AddOnInput) {
  const { site } = input;
  const acme = 'acme.cert-manager.io';
  const read = ['get', 'list', 'watch'];
  const all = [...read, 'create', 'update', 'patch', 'delete'];
  const edit = [...read, 'update', 'patch'];
  // What answers the challenge HTTP01 is a pod, a Service and a route in the namespace of the certificate.
  const answers = [...read, 'create', 'delete'];
  const zoneServers = site.kind === 'node' ? site.zoneServers : [];
  return [
    ...identity(
      name,
      systemNamespace,
      [
        { apiGroups: [acme], resources: ['orders', 'challenges'], verbs: all },
        {
          apiGroups: [acme],
          resources: ['orders/status', 'challenges/status', 'orders/finalizers', 'challenges/finalizers'],
          verbs: edit,
        },
        { apiGroups: [''], resources: ['pods', 'services'], verbs: answers },
        // It does not begin before it can see them, although none is made.
        { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: read },
        { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: all },
        { apiGroups: ['gateway.networking.k8s.io'], resources: ['gateways'], verbs: read },
      ],
      [],
      {},
      account,
    ),
    workload({
      name,
      namespace: systemNamespace,
      labels,
      ...(site.kind === 'cloud' ? { podLabels: site.certificatePods } : {}),
      site,
      pod: {
        serviceAccountName: account,
        containers: [
          {
            name,
            image: input.image(name).reference,
            args: [
              `--cluster-resource-namespace=${systemNamespace}`,
              `--acme-http01-solver-image=${input.image(solver).reference}`,
              ...(zoneServers.length === 0 ? [] : [`--dns01-recursive-nameservers=${zoneServers.join(',')}`]),
            ],
            // Before the authority asks, cert-manager does. On a machine of our own no name server leads to the door,
            // which for this reason is asked as a proxy is: of plain http there is nothing else.
            ...(site.kind === 'node'
              ? { env: [{ name: 'HTTP_PROXY', value: `http://${site.nodeAddress}:80` }] }
              : {}),
            ports: [{ containerPort: 9402, name: 'metrics' }],
            livenessProbe: {
              httpGet: { path: '/livez', port: 9403 },
              periodSeconds: 10,
              failureThreshold: 12,
            },
            resources: { requests: { cpu: '10m', memory: '40Mi' }, limits: { memory: '200Mi' } },
            securityContext: restricted,
          },
        ],
      },
    }),
  ];
}

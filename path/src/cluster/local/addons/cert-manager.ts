import { type AddOn, type AddOnInput, restricted, systemNamespace } from './add-on.ts';
import { identity, workload } from './objects.ts';

const name = 'cert-manager';
const labels = { 'app.kubernetes.io/name': name };

/** Issues and renews certificates. */
export const certManager: AddOn = {
  name,
  component: 'cert-manager',
  program: 'cert-manager-controller',
  documents: true,
  deployment: { namespace: systemNamespace, name },
  objects: async (input) => objects(input),
};

function objects(input: AddOnInput) {
  const { site } = input;
  const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  const edit = ['get', 'list', 'watch', 'update', 'patch'];
  const own = 'cert-manager.io';
  return [
    ...identity(
      name,
      systemNamespace,
      [
        {
          apiGroups: [own],
          resources: ['certificates', 'certificaterequests', 'issuers', 'clusterissuers'],
          verbs: all,
        },
        {
          apiGroups: [own],
          resources: [
            'certificates/status',
            'certificaterequests/status',
            'issuers/status',
            'clusterissuers/status',
            'certificates/finalizers',
            'certificaterequests/finalizers',
          ],
          verbs: edit,
        },
        // The approver may approve for every signer; other approvers are not in this cluster.
        {
          apiGroups: [own],
          resources: ['signers'],
          resourceNames: ['issuers.cert-manager.io/*', 'clusterissuers.cert-manager.io/*'],
          verbs: ['approve'],
        },
        {
          apiGroups: ['acme.cert-manager.io'],
          resources: ['orders', 'challenges'],
          verbs: ['get', 'list', 'watch'],
        },
        { apiGroups: [''], resources: ['secrets'], verbs: all },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
      ],
      [
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['get', 'create', 'update', 'patch'],
        },
      ],
      site.kind === 'cloud' ? site.certificates : {},
    ),
    workload({
      name,
      namespace: systemNamespace,
      labels,
      ...(site.kind === 'cloud' ? { podLabels: site.certificatePods } : {}),
      site: input.site,
      pod: {
        containers: [
          {
            name,
            image: input.image(name).reference,
            args: [`--cluster-resource-namespace=${systemNamespace}`],
            ports: [{ containerPort: 9402, name: 'metrics' }],
            livenessProbe: {
              httpGet: { path: '/livez', port: 9403 },
              periodSeconds: 10,
              failureThreshold: 8,
            },
            resources: { requests: { cpu: '10m', memory: '40Mi' }, limits: { memory: '200Mi' } },
            securityContext: restricted,
          },
        ],
      },
    }),
  ];
}

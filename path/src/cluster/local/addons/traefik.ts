import { type AddOn, type AddOnInput, restricted, systemNamespace } from './add-on.ts';
import { identity, object, workload } from './objects.ts';

const name = 'traefik';
const labels = { 'app.kubernetes.io/name': name };

/** The Gateway API class that carries routes. */
export const gatewayClass = 'traefik';

/** The door: Gateway API by Traefik. */
export const traefik: AddOn = {
  name,
  component: 'traefik',
  program: 'traefik',
  documents: true,
  deployment: { namespace: systemNamespace, name },
  objects: async (input) => objects(input),
  // Nobody hands out load balancers on a single machine: the node's own address is the balancer's.
  afterApply: async (client, input) => {
    await client.send({
      method: 'PATCH',
      path: `/api/v1/namespaces/${systemNamespace}/services/${name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { loadBalancer: { ingress: [{ ip: input.nodeAddress }] } } },
    });
  },
};

function objects(input: AddOnInput) {
  const read = ['get', 'list', 'watch'];
  const gateway = 'gateway.networking.k8s.io';
  const kinds = [
    'gatewayclasses',
    'gateways',
    'httproutes',
    'grpcroutes',
    'referencegrants',
    'backendtlspolicies',
  ];
  return [
    ...identity(name, systemNamespace, [
      { apiGroups: [''], resources: ['namespaces', 'services', 'secrets', 'configmaps'], verbs: read },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
      { apiGroups: [gateway], resources: kinds, verbs: read },
      { apiGroups: [gateway], resources: kinds.map((kind) => `${kind}/status`), verbs: ['update'] },
    ]),
    workload({
      name,
      namespace: systemNamespace,
      labels,
      pod: {
        terminationGracePeriodSeconds: 60,
        containers: [
          {
            name,
            image: input.image(name).reference,
            args: [
              '--providers.kubernetesgateway=true',
              `--providers.kubernetesgateway.statusaddress.service.namespace=${systemNamespace}`,
              `--providers.kubernetesgateway.statusaddress.service.name=${name}`,
              // What changed is in force at once, and not up to two seconds later: pods that go, certificates that come.
              '--providers.providersthrottleduration=200ms',
              '--entrypoints.web.address=:8000',
              '--entrypoints.websecure.address=:8443',
              '--entrypoints.websecure.http.tls=true',
              // Requests in flight end before the pod does, after the endpoints have been taken away.
              '--entrypoints.web.transport.lifecycle.requestacceptgracetimeout=5s',
              '--entrypoints.websecure.transport.lifecycle.requestacceptgracetimeout=5s',
              '--entrypoints.websecure.transport.lifecycle.gracetimeout=30s',
              '--entrypoints.traefik.address=:9000',
              '--ping=true',
              '--metrics.prometheus=true',
              '--log.level=INFO',
              '--log.format=json',
              '--global.checknewversion=false',
              '--global.sendanonymoususage=false',
            ],
            ports: [
              { containerPort: 8000, name: 'web' },
              { containerPort: 8443, name: 'websecure' },
            ],
            readinessProbe: { httpGet: { path: '/ping', port: 9000 }, periodSeconds: 2 },
            livenessProbe: { httpGet: { path: '/ping', port: 9000 }, periodSeconds: 10 },
            resources: { requests: { cpu: '50m', memory: '60Mi' }, limits: { memory: '300Mi' } },
            securityContext: restricted,
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    }),
    object(
      'v1',
      'Service',
      name,
      {
        metadata: { labels },
        spec: {
          type: 'LoadBalancer',
          allocateLoadBalancerNodePorts: false,
          selector: labels,
          ports: [
            { name: 'web', port: 80, targetPort: 8000 },
            { name: 'websecure', port: 443, targetPort: 8443 },
          ],
        },
      },
      systemNamespace,
    ),
    object(`${gateway}/v1`, 'GatewayClass', gatewayClass, {
      spec: { controllerName: 'traefik.io/gateway-controller' },
    }),
  ];
}

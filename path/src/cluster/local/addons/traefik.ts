import { latencyBounds } from '../../../core/monitoring.ts';
import { hashOf } from '../../../kubernetes/hash.ts';
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
  afterApply: async (client, site) => {
    if (site.kind === 'cloud') return;
    await client.send({
      method: 'PATCH',
      path: `/api/v1/namespaces/${systemNamespace}/services/${name}/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { loadBalancer: { ingress: [{ ip: site.nodeAddress }] } } },
    });
  },
};

/** What Traefik takes from a file only. A request is sent again only where nothing of it was sent. */
const settings = `http:
  middlewares:
    another-pod:
      retry: { attempts: 10, initialInterval: 20ms }
`;

/** The file's name changes with what is in it, so that the pod is replaced: it would read it again some time later. */
const settingsFile = `settings-${hashOf(settings).slice(0, 8)}.yaml`;
const settingsPath = '/etc/traefik';

/** It is the only one: one that is slow, as everything is on a busy machine, is better than none. */
const ping = { httpGet: { path: '/ping', port: 9000 }, timeoutSeconds: 5 } as const;

function objects(input: AddOnInput) {
  const { site } = input;
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
    object('v1', 'ConfigMap', name, { data: { [settingsFile]: settings } }, systemNamespace),
    workload({
      name,
      namespace: systemNamespace,
      labels,
      site: input.site,
      replicas: 2,
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
              // Pods of a node that is gone stay among the addresses for some seconds: another pod is asked when no
              // connection comes about, and a connection that nobody answers is given up soon (see sysctls below).
              `--providers.file.filename=${settingsPath}/${settingsFile}`,
              '--entrypoints.websecure.http.middlewares=another-pod@file',
              '--serverstransport.forwardingtimeouts.dialtimeout=1s',
              // Requests in flight end before the pod does, after the endpoints have been taken away.
              '--entrypoints.web.transport.lifecycle.requestacceptgracetimeout=5s',
              '--entrypoints.websecure.transport.lifecycle.requestacceptgracetimeout=5s',
              '--entrypoints.websecure.transport.lifecycle.gracetimeout=30s',
              '--entrypoints.traefik.address=:9000',
              '--ping=true',
              '--metrics.prometheus=true',
              // Which system a request was for: what its users see is measured here.
              '--metrics.prometheus.addrouterslabels=true',
              `--metrics.prometheus.buckets=${latencyBounds.map((bound) => bound / 1000).join(',')}`,
              '--log.level=INFO',
              '--log.format=json',
              '--global.checknewversion=false',
              '--global.sendanonymoususage=false',
            ],
            ports: [
              { containerPort: 8000, name: 'web' },
              { containerPort: 8443, name: 'websecure' },
            ],
            readinessProbe: { ...ping, periodSeconds: 2 },
            livenessProbe: { ...ping, periodSeconds: 10 },
            resources: { requests: { cpu: '50m', memory: '60Mi' }, limits: { memory: '300Mi' } },
            securityContext: restricted,
            volumeMounts: [
              { name: 'tmp', mountPath: '/tmp' },
              { name: 'settings', mountPath: settingsPath, readOnly: true },
            ],
          },
        ],
        // Six seconds without an acknowledgement, where the kernel's own measure is a quarter of an hour. The nodes of a
        // cloud do not let pods set it.
        securityContext:
          site.kind === 'cloud' ? {} : { sysctls: [{ name: 'net.ipv4.tcp_retries2', value: '4' }] },
        volumes: [
          { name: 'tmp', emptyDir: {} },
          { name: 'settings', configMap: { name } },
        ],
      },
    }),
    object(
      'v1',
      'Service',
      name,
      {
        metadata: { labels, ...(site.kind === 'cloud' ? { annotations: site.loadBalancer } : {}) },
        spec: {
          type: 'LoadBalancer',
          // A cloud's load balancer may come in by them.
          allocateLoadBalancerNodePorts: site.kind === 'cloud',
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

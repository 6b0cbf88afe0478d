import { type AddOn, type AddOnInput, type NodeSite, restricted } from './add-on.ts';
import { identity, object, workload } from './objects.ts';

const name = 'coredns';
const namespace = 'kube-system';
const labels = { 'k8s-app': 'kube-dns' };

/** The cluster's DNS (kubernetes.io, "DNS for Services and Pods"). */
export const coredns: AddOn<NodeSite> = {
  name,
  component: 'coredns',
  program: 'coredns',
  documents: false,
  deployment: { namespace, name },
  objects: async (input) => objects(input),
};

// Port 53 in the pod as well: policies that let pods ask for names see the packet behind the Service.
const corefile = `.:53 {
    errors
    health :8080 { lameduck 5s }
    ready :8181
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf { max_concurrent 1000 }
    cache 30
    loadbalance
    reload
}
`.replaceAll(/\{ (lameduck 5s|max_concurrent 1000) \}/g, '{\n        $1\n    }');

function objects(input: AddOnInput<NodeSite>) {
  const watch = ['list', 'watch'];
  return [
    ...identity(name, namespace, [
      { apiGroups: [''], resources: ['services', 'namespaces'], verbs: watch },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: watch },
    ]),
    object('v1', 'ConfigMap', name, { data: { Corefile: corefile } }, namespace),
    workload({
      name,
      namespace,
      labels,
      site: input.site,
      pod: {
        priorityClassName: 'system-cluster-critical',
        dnsPolicy: 'Default',
        containers: [
          {
            name,
            image: input.image(name).reference,
            args: ['-conf', '/etc/coredns/Corefile'],
            ports: [
              { containerPort: 53, name: 'dns', protocol: 'UDP' },
              { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
            ],
            resources: { requests: { cpu: '20m', memory: '30Mi' }, limits: { memory: '170Mi' } },
            livenessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 10 },
            readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 2 },
            securityContext: restricted,
            volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
          },
        ],
        volumes: [{ name: 'config', configMap: { name } }],
      },
    }),
    object(
      'v1',
      'Service',
      'kube-dns',
      {
        metadata: { labels },
        spec: {
          clusterIP: input.site.dns,
          selector: labels,
          ports: [
            { name: 'dns', port: 53, targetPort: 'dns', protocol: 'UDP' },
            { name: 'dns-tcp', port: 53, targetPort: 'dns-tcp', protocol: 'TCP' },
          ],
        },
      },
      namespace,
    ),
  ];
}

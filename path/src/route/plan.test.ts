import { expect, test } from 'vitest';
import type { Cluster } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { smallComponent } from '../project/testing/small-component.ts';
import { smallProject } from '../project/testing/small-project.ts';
import type { Certificate, Gateway, HttpRoute } from './objects.ts';
import { planRoute, publicUrl } from './plan.ts';

const project = smallProject({
  components: [smallComponent('gateway', { route: '/' }), smallComponent('backend')],
});
const cluster = (https?: number): Cluster => ({
  name: 'c',
  provider: 'local',
  version: 'v1.37.2',
  kubeconfig: new Secret(''),
  registry: { url: 'http://r', name: 'r', prefix: 'p' },
  gatewayClass: 'traefik',
  ...(https === undefined ? {} : { entry: { address: '10.0.0.1', http: 80, https } }),
});
const plan = (https?: number) =>
  planRoute({ project, cluster: cluster(https), listenerPorts: { http: 8000, https: 8443 } });

function named<T>(kind: string, name: string, objects = plan()): T {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`${kind} ${name} was not planned`);
  return found as T;
}

test('only components with a route are public', () => {
  const routes = plan().filter(({ kind }) => kind === 'HTTPRoute');
  expect(routes.map(({ metadata }) => metadata.name)).toEqual(['to-https', 'gateway']);
  expect(named<HttpRoute>('HTTPRoute', 'gateway').spec).toMatchObject({
    parentRefs: [{ sectionName: 'https' }],
    rules: [{ matches: [{ path: { value: '/' } }], backendRefs: [{ name: 'gateway', port: 8080 }] }],
  });
});

test('listeners name the controller’s ports, and the redirect the public one where it is not 443', () => {
  const { listeners } = named<Gateway>('Gateway', 'public').spec;
  expect(listeners.map(({ port, hostname }) => [port, hostname])).toEqual([
    [8000, 'shop.localhost'],
    [8443, 'shop.localhost'],
  ]);
  const port = (objects: ReturnType<typeof plan>) =>
    named<HttpRoute>('HTTPRoute', 'to-https', objects).spec.rules[0]?.filters?.[0]?.requestRedirect.port;
  expect(port(plan())).toBeUndefined();
  expect(port(plan(443))).toBeUndefined();
  expect(port(plan(10443))).toBe(10443);
});

test('the URL has a port only where it is not the usual one', () => {
  expect(publicUrl({ project, cluster: cluster(443) })).toBe('https://shop.localhost');
  expect(publicUrl({ project, cluster: cluster(10443) })).toBe('https://shop.localhost:10443');
});

test('the authority signs for the domain alone, and its certificate is renewed in time with a new key', () => {
  expect(named<Certificate>('Certificate', 'local-ca').spec).toMatchObject({
    isCA: true,
    nameConstraints: { critical: true, permitted: { dnsDomains: ['shop.localhost'] } },
  });
  expect(named<Certificate>('Certificate', 'public-tls').spec).toMatchObject({
    dnsNames: ['shop.localhost'],
    duration: '2160h0m0s',
    renewBefore: '720h0m0s',
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
  });
});

test('a public authority asks at the gateway’s port 80, and only what answers it is let in to; or in the zone', () => {
  const server = 'https://authority.test/directory';
  const withAcme = (acme: NonNullable<Cluster['acme']>) =>
    planRoute({
      project,
      cluster: { ...cluster(443), acme },
      listenerPorts: { http: 8000, https: 8443 },
    });
  const door = withAcme({ server, email: 'a@b.example' });
  expect(door.filter(({ kind }) => kind === 'Issuer')).toMatchObject([
    {
      spec: {
        acme: {
          server,
          email: 'a@b.example',
          solvers: [
            {
              http01: {
                gatewayHTTPRoute: {
                  parentRefs: [{ name: 'public', sectionName: 'http' }],
                  serviceType: 'ClusterIP',
                },
              },
            },
          ],
        },
      },
    },
  ]);
  expect(named<KubernetesObject>('NetworkPolicy', 'acme-solver', door)).toMatchObject({
    spec: {
      podSelector: { matchLabels: { 'acme.cert-manager.io/http01-solver': 'true' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port: 8089 }] }],
    },
  });
  expect(named<Certificate>('Certificate', 'public-tls', door).spec.issuerRef.name).toBe('acme');
  const zone = withAcme({ server, dns01: { rfc2136: { nameserver: '192.0.2.53' } }, wait: 10 });
  expect(zone.map(({ kind }) => kind)).not.toContain('NetworkPolicy');
  expect(zone.find(({ kind }) => kind === 'Issuer')).toMatchObject({
    spec: {
      acme: {
        solvers: [{ dns01: { rfc2136: { nameserver: '192.0.2.53' } }, waitInsteadOfSelfCheck: '10s' }],
      },
    },
  });
});

import { askingNames } from '../../kubernetes/asking-names.ts';
import { hashOf } from '../../kubernetes/hash.ts';
import { label } from '../../kubernetes/labels.ts';
import type { Job, KubernetesObject, NetworkPolicy, ServiceAccount } from '../../kubernetes/objects.ts';
import { containerSecurity, podSecurity } from '../../kubernetes/pod-security.ts';
import { pullReference } from '../../kubernetes/pull-secret.ts';
import type { Project, Service } from '../../project/project.ts';
import { postgresUser, programs } from '../postgres/image.ts';
import { type ServiceInput, secretNames } from '../service.ts';

/** The objects of a database that a cloud runs: the Job that makes the application's role and database, and its way there. */
export function planManagedPostgres(input: ServiceInput): readonly KubernetesObject[] {
  return [account(input), networkPolicy(input), rolesJob(input)];
}

const nameOf = ({ service }: { readonly service: Pick<Service, 'name'> }) => `${service.name}-roles`;

/** The labels of what speaks to the server as its administrator. */
export function rolesLabels(
  project: Pick<Project, 'name'>,
  service: Pick<Service, 'name'>,
): Readonly<Record<string, string>> {
  return {
    [label.name]: `${service.name}-roles`,
    [label.instance]: project.name,
    [label.service]: service.name,
  };
}

function metadata(input: ServiceInput, name: string) {
  return {
    name,
    namespace: input.project.target.namespace,
    labels: { ...rolesLabels(input.project, input.service), [label.partOf]: input.project.name },
  };
}

function account(input: ServiceInput): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(input, nameOf(input)),
    automountServiceAccountToken: false,
    ...pullReference(input.cluster),
  };
}

function networkPolicy(input: ServiceInput): NetworkPolicy {
  const { cluster, service } = input;
  const database = cluster.databases?.[service.name];
  const port = { protocol: 'TCP', port: database?.port ?? 5432 };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(input, nameOf(input)),
    spec: {
      podSelector: { matchLabels: rolesLabels(input.project, input.service) },
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        askingNames(input.project.target.cloud?.nameServers),
        database?.cidr === undefined
          ? { ports: [port] }
          : { to: [{ ipBlock: { cidr: database.cidr } }], ports: [port] },
      ],
    },
  };
}

/** Its name follows from what it does where, so that it runs once, and again for another server or another password. */
export function rolesJobName({
  service,
  binding,
  admin,
}: Pick<ServiceInput, 'service' | 'binding' | 'admin'>): string {
  const { host, port } = binding.data ?? {};
  return `${nameOf({ service })}-${hashOf([host, port, admin.data?.['roles.sql']])}`;
}

function rolesJob(input: ServiceInput): Job {
  const { project, service, image } = input;
  const names = secretNames(service);
  const of = (secret: string, key: string) => ({ valueFrom: { secretKeyRef: { name: secret, key } } });
  const labels = { ...rolesLabels(input.project, input.service), [label.project]: project.name };
  const folder = '/run/roles';
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(input, rolesJobName(input)),
    spec: {
      backoffLimit: 4,
      activeDeadlineSeconds: 300,
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: nameOf(input),
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          restartPolicy: 'Never',
          securityContext: podSecurity(postgresUser),
          containers: [
            {
              name: 'roles',
              image: image.reference,
              command: [
                `${programs(service.version)}/psql`,
                '-X',
                '-q',
                '-f',
                `${folder}/sql/roles.sql`,
                '-f',
                `${folder}/sql/logins.sql`,
              ],
              env: [
                { name: 'PGHOST', ...of(names.binding, 'host') },
                { name: 'PGPORT', ...of(names.binding, 'port') },
                { name: 'PGSSLMODE', ...of(names.binding, 'sslmode') },
                { name: 'PGSSLROOTCERT', value: `${folder}/authority/ca.crt` },
                { name: 'PGDATABASE', value: 'postgres' },
                { name: 'PGUSER', ...of(names.admin, 'username') },
                { name: 'PGPASSWORD', ...of(names.admin, 'password') },
                { name: 'PGCONNECT_TIMEOUT', value: '10' },
              ],
              resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } },
              securityContext: containerSecurity,
              volumeMounts: [
                { name: 'sql', mountPath: `${folder}/sql`, readOnly: true },
                { name: 'authority', mountPath: `${folder}/authority`, readOnly: true },
              ],
            },
          ],
          volumes: [
            {
              name: 'sql',
              secret: {
                secretName: names.admin,
                items: ['roles.sql', 'logins.sql'].map((key) => ({ key, path: key })),
              },
            },
            {
              name: 'authority',
              secret: {
                secretName: names.binding,
                items: [{ key: 'ca.crt', path: 'ca.crt' }],
                optional: true,
              },
            },
          ],
        },
      },
    },
  };
}

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Cluster } from '../../../core/handover.ts';
import { Secret } from '../../../core/secret.ts';
import type { CronJob, NetworkPolicy } from '../../../kubernetes/objects.ts';
import { smallProject } from '../../../project/testing/small-project.ts';
import { endsSoon, registryLogin } from '../../registry-login.ts';
import type { ServiceInput } from '../../service.ts';
import { postgresCredentials } from '../credentials.ts';
import { postgres } from '../postgres.ts';
import { backupScripts } from './scripts.ts';

const service = {
  name: 'database',
  type: 'postgres',
  version: 17,
  storage: '2Gi',
  backup: { schedule: '5 4 * * *', keep: 3 },
} as const;
const project = smallProject({ services: [service] });
const cluster: Cluster = {
  name: 'c',
  provider: 'local',
  version: 'v1.37.2',
  kubeconfig: new Secret(''),
  registry: {
    url: 'http://10.77.0.2:5000',
    name: 'r',
    prefix: 'shop',
    credentials: { username: 'me', password: new Secret('hidden') },
  },
  gatewayClass: 'traefik',
};
const image = {
  name: 'postgres-17',
  digest: 'sha256:1',
  reference: 'r/postgres@sha256:1',
  tags: [],
} as const;
const { binding, admin } = postgresCredentials(project, service);
const registry = registryLogin(cluster, project, 'database-backup');
const input = {
  project,
  service,
  cluster,
  image,
  binding,
  admin,
  backup: {
    image: { ...image, name: 'postgres-17-backup', reference: 'r/backup@sha256:2' },
    recipient: 'age1xyz',
    ...(registry === undefined ? {} : { registry }),
  },
} as unknown as ServiceInput;
const find = <T>(
  objects: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[],
  kind: string,
  name: string,
) => objects.find((one) => one.kind === kind && one.metadata.name === name) as T | undefined;

test('a schedule runs the image with all that it needs, and nothing of it is a secret in the clear', () => {
  const cron = find<CronJob>(postgres.plan(input), 'CronJob', 'database-backup');
  expect(cron?.spec).toMatchObject({
    schedule: '5 4 * * *',
    timeZone: 'Etc/UTC',
    concurrencyPolicy: 'Forbid',
  });
  const pod = cron?.spec?.jobTemplate.spec?.template.spec;
  expect(pod?.containers[0]?.image).toBe('r/backup@sha256:2');
  expect(pod?.containers[0]?.env).toEqual([
    { name: 'RECIPIENT', value: 'age1xyz' },
    { name: 'REGISTRY', value: 'http://10.77.0.2:5000/v2/shop/database-backup' },
    { name: 'KEEP', value: '3' },
  ]);
  expect(JSON.stringify(cron)).not.toContain('hidden');
  expect(JSON.stringify(cron)).not.toContain('AGE-SECRET');
});

test('backups reach the server, names and the registry, and the server lets them in', () => {
  const objects = postgres.plan(input);
  const own = find<NetworkPolicy>(objects, 'NetworkPolicy', 'database-backup')?.spec;
  expect(own?.ingress).toEqual([]);
  expect(own?.egress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).toEqual([
    53, 53, 5432, 5000,
  ]);
  expect(own?.egress?.[2]?.to).toEqual([{ ipBlock: { cidr: '10.77.0.2/32' } }]);
  const server = find<NetworkPolicy>(objects, 'NetworkPolicy', 'database')?.spec;
  expect(server?.ingress?.[0]?.from).toEqual([
    { podSelector: { matchLabels: { 'ptp.dev/backup': 'database' } } },
  ]);
});

test('without backups nothing of them is there', () => {
  const { backup: _, ...without } = input;
  const kinds = postgres.plan(without).map(({ kind }) => kind);
  expect(kinds).not.toContain('CronJob');
  expect(JSON.stringify(postgres.plan(without))).not.toContain('ptp.dev/backup');
});

test('the scripts are ones that a shell takes', () => {
  for (const [name, text] of Object.entries(backupScripts('/bin')))
    if (name.endsWith('.sh')) execFileSync('sh', ['-n'], { input: text });
});

test('the login for the registry is that of this machine’s pushes', () => {
  const auth = (given: Cluster) =>
    Buffer.from(registryLogin(given, project, 'x')?.data?.auth ?? '', 'base64').toString();
  expect(Buffer.from(auth(cluster), 'base64').toString()).toBe('me:hidden');
  const { credentials: _, ...bare } = cluster.registry;
  const document = JSON.stringify({ auths: { r: { auth: 'bWU6eW91' } } });
  expect(auth({ ...cluster, registry: bare, pullSecret: new Secret(document) })).toBe('bWU6eW91');
  expect(registryLogin({ ...cluster, registry: bare }, project, 'x')).toBeUndefined();
});

test('a login that a cloud gives for some hours is known', () => {
  const login = (username: string) => {
    const credentials = { username, password: new Secret('a:b') };
    return registryLogin({ ...cluster, registry: { ...cluster.registry, credentials } }, project, 'x');
  };
  const passing = ['AWS', 'oauth2accesstoken', '00000000-0000-0000-0000-000000000000'];
  // `_json_key` is how a key of Google's that lasts is sent.
  for (const user of [...passing, '_json_key', 'robot$hello'])
    expect(endsSoon(login(user) ?? expect.fail())).toBe(passing.includes(user));
});

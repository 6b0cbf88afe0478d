import { expect, test } from 'vitest';
import type { Cluster } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { NetworkPolicy, StatefulSet } from '../../kubernetes/objects.ts';
import { smallComponent } from '../../project/testing/small-component.ts';
import { smallProject } from '../../project/testing/small-project.ts';
import { postgresqlConf } from './configuration.ts';
import { identifier, postgresCredentials } from './credentials.ts';
import { postgres } from './postgres.ts';
import { scramVerifier } from './scram.ts';

const service = { name: 'database', type: 'postgres', version: 17, storage: '2Gi' } as const;
const project = smallProject({
  name: 'my-shop',
  components: [smallComponent('backend', { needs: ['database'] }), smallComponent('gateway')],
  services: [service],
});
const cluster: Cluster = {
  name: 'c',
  provider: 'local',
  version: 'v1.37.2',
  kubeconfig: new Secret(''),
  registry: { url: 'http://r', name: 'r', prefix: 'p' },
  storageClass: 'local-path',
  gatewayClass: 'traefik',
};
const digest = `sha256:${'a'.repeat(64)}` as const;
const image = { name: 'postgres-17', digest, reference: `r/p/postgres-17@${digest}`, tags: [] };
const credentials = postgresCredentials(project, service);
const input = { project, service, cluster, image, ...credentials };
const objects = postgres.plan(input);
const decoded = (data: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );

function planned<T>(kind: string): T {
  return objects.find((object) => object.kind === kind) as T;
}

test('the volume is claimed from the cluster’s class, at the size asked for, and outlives its pod', () => {
  const { spec } = planned<StatefulSet>('StatefulSet');
  expect(spec?.volumeClaimTemplates?.[0]?.spec).toMatchObject({
    storageClassName: 'local-path',
    resources: { requests: { storage: '2Gi' } },
  });
  expect(spec?.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
});

test('the password is only where it is needed: no plan holds it', () => {
  const { password } = decoded(credentials.binding.data);
  expect(password).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(objects)).not.toContain(password);
  expect(JSON.stringify(postgres.bind(input))).not.toContain(password);
  expect(Object.values(decoded(credentials.admin.data)).join('\n')).not.toContain(password);
});

test('the server itself does not mount the credentials, only its init does', () => {
  const pod = planned<StatefulSet>('StatefulSet').spec?.template.spec;
  const mounted = (name: string) =>
    [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]
      .filter(({ volumeMounts }) => volumeMounts?.some((mount) => mount.name === name))
      .map((container) => container.name);
  expect(mounted('credentials')).toEqual(['init']);
  expect(mounted('data')).toEqual(['init', 'postgres']);
});

test('the binding has what the specification names, and the role is made from the project’s name', () => {
  expect(decoded(credentials.binding.data)).toMatchObject({
    type: 'postgresql',
    provider: 'ptp',
    host: 'database.n.svc',
    port: '5432',
    database: 'my_shop',
    username: 'my_shop',
  });
  expect(credentials.binding.type).toBe('servicebinding.io/postgresql');
  expect(decoded(credentials.admin.data)['create.sql']).toContain('CREATE ROLE "my_shop" LOGIN NOSUPERUSER');
});

test('the revision follows the content', () => {
  const other = postgresCredentials(project, service).binding;
  expect(postgres.bind({ ...input, binding: other }).revision).not.toBe(postgres.bind(input).revision);
  expect(postgres.bind(input).revision).toBe(postgres.bind(input).revision);
});

test('only the components that are bound reach it', () => {
  const { spec } = planned<NetworkPolicy>('NetworkPolicy');
  const selectors = spec?.ingress
    ?.flatMap((rule) => rule.from ?? [])
    .map(({ podSelector }) => podSelector?.matchExpressions);
  expect(selectors).toEqual([[{ key: 'ptp.dev/component', operator: 'In', values: ['backend'] }]]);
  expect(spec?.policyTypes).toContain('Egress');
  expect(spec?.egress).toBeUndefined();
});

test.each([
  ['shop', 'shop'],
  ['my-shop', 'my_shop'],
  ['1st', '_1st'],
])('%s as an SQL name is %s', (name, expected) => {
  expect(identifier(name)).toBe(expected);
});

test('a quarter of the memory is for shared buffers', () => {
  expect(postgresqlConf(512)).toContain('shared_buffers = 128MB\n');
});

test('a verifier is what PostgreSQL itself stores for the password (RFC 7677, section 3)', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  expect(scramVerifier(new Secret('pencil'), salt, 4096)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  );
});

test('where nodes need credentials to pull, the server’s account names them', () => {
  const closed = { ...cluster, pullSecret: new Secret('{"auths":{}}') };
  const accounts = [cluster, closed].map((each) =>
    postgres.plan({ ...input, cluster: each }).find(({ kind }) => kind === 'ServiceAccount'),
  );
  expect(accounts[0]).not.toHaveProperty('imagePullSecrets');
  expect(accounts[1]).toHaveProperty('imagePullSecrets', [{ name: 'registry-pull' }]);
});
